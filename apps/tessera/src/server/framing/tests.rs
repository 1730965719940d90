use super::*;

/// Where reading stops; `None` if it does not. Read whole and byte by byte, which must not differ.
fn stops(text: &str) -> Option<usize> {
    let whole = Framing::default().read(text.as_bytes()).err();
    let mut framing = Framing::default();
    let bytes = text.as_bytes();
    let single = bytes.iter().position(|byte| framing.read(&[*byte]).is_err());
    assert_eq!(whole, single, "{text:?}");
    whole
}

const HEAD: &str = "POST / HTTP/1.1\r\nHost: x\r\n";

#[test]
fn requests_that_can_be_read_in_one_way_are_read_to_their_end() {
    let get = format!("{HEAD}\r\n");
    for body in [
        "\r\n".to_owned(),
        "Content-Length: 5\r\n\r\na\nb\rc".to_owned(),
        "content-length:0\r\n\r\n".to_owned(),
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(),
        "Transfer-Encoding:\tChunked \r\n\r\n1\r\n\n\r\nA;x=\"y\"\r\n0123456789\r\n0\r\n\r\n".to_owned(),
        format!("X-Long: {}\r\n\r\n", "a".repeat(70_000)),
        format!("X-{}: a\r\n\r\n", "a".repeat(2_000)),
    ] {
        // Another request follows, whose bare LF shows that it is read as a head.
        let follows = format!("{HEAD}{body}\r\n{get}GET / HTTP/1.1\n");
        assert_eq!(stops(&follows), Some(follows.len() - 1), "{body:?}");
    }
}

#[test]
fn a_line_ends_with_cr_and_lf() {
    for head in [
        "GET / HTTP/1.1\n",
        "\n",
        "\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\n",
        "GET / HTTP/1.1\r\nHost: x\r\n\n",
        "GET / HTTP/1.1\rH",
        "GET / HTTP/1.1\r\r",
        "GET / HTTP/1.1\r\nHost: x\0",
    ] {
        assert_eq!(stops(head), Some(head.len() - 1), "{head:?}");
    }
}

#[test]
fn a_head_that_frames_its_body_in_two_ways_is_refused() {
    for lines in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: \r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length : 5\r\n",
        " Content-Length: 5\r\n",
        "X: a\r\n\tfolded: b\r\n",
        "no colon\r\n",
        ": no name\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding:\x0bchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    ] {
        let text = format!("{HEAD}{lines}");
        assert_eq!(stops(&text), Some(text.len() - 1), "{lines:?}");
    }
    let padded = format!("{HEAD}Content-Length: {}5\r\n", " ".repeat(KEPT_AT_LEAST));
    assert!(stops(&padded).is_some());
    let long = format!("{HEAD}X: {}", "a".repeat(100_000));
    assert!(stops(&long).is_some());
}

/// More than what is kept of a line.
const KEPT_AT_LEAST: usize = 1_000;

#[test]
fn a_chunk_is_framed_by_digits_cr_and_lf() {
    for chunks in [
        "\r",
        "x",
        " ",
        "5 ",
        "5\n",
        "5\rx",
        "0x",
        "-",
        "+",
        "000000000",
        "5;a\n",
        "5;a\0",
        "5\r\nabcdeX",
        "5\r\nabcde\n",
        "5\r\nabcde\rx",
        "0\r\nX",
        "0\r\n\n",
        "0\r\n\rx",
    ] {
        let text = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n{chunks}");
        assert_eq!(stops(&text), Some(text.len() - 1), "{chunks:?}");
    }
}
