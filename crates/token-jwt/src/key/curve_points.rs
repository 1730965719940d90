//! Public keys that are points: on the curve, whole, and of large order (SEC 1 section 3.2.2.1, RFC 8032 section 5.1.3).

use super::error::KeyError;
use super::field_arithmetic::{Number, add, from_bytes, is_square, less, mul, sub};

/// A curve of ECDSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
}

impl Curve {
    /// Bytes of a coordinate.
    pub(crate) const fn width(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }

    /// The value of `crv`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
        }
    }
}

/// `04 || x || y` of a point of the curve, its coordinates whole.
pub(super) fn uncompressed(curve: Curve, x: &[u8], y: &[u8]) -> Result<Vec<u8>, KeyError> {
    for (coordinate, name) in [(x, "x"), (y, "y")] {
        if coordinate.len() != curve.width() {
            return Err(KeyError::Malformed(name));
        }
    }
    let on_curve = match curve {
        Curve::P256 => on_weierstrass::<4>(x, y, &P256_P, &P256_B),
        Curve::P384 => on_weierstrass::<6>(x, y, &P384_P, &P384_B),
    };
    if !on_curve.unwrap_or(false) {
        return Err(KeyError::NotOnCurve);
    }
    Ok([&[4], x, y].concat())
}

/// The 32 bytes of an Ed25519 key: canonical, on the curve, and not of small order.
pub(super) fn ed25519(bytes: &[u8]) -> Result<[u8; 32], KeyError> {
    let key: [u8; 32] = bytes.try_into().map_err(|_| KeyError::Malformed("x"))?;
    let mut big_endian = key;
    big_endian.reverse();
    big_endian[0] &= 0x7F; // the sign of x
    let (Some(y), Some(p), Some(d)) = (
        from_bytes::<4>(&big_endian),
        from_bytes::<4>(&ED_P),
        from_bytes::<4>(&ED_D),
    ) else {
        return Err(KeyError::Malformed("x"));
    };
    if !less(&y, &p) {
        return Err(KeyError::NotOnCurve);
    }
    let one: Number<4> = [1, 0, 0, 0];
    let y2 = mul(&y, &y, &p);
    let above = sub(&y2, &one, &p);
    let dy2 = mul(&d, &y2, &p);
    let below = add(&dy2, &one, &p);
    // x^2 = (y^2 - 1) / (d y^2 + 1); a fraction is a square where the product of its halves is.
    if !is_square(&mul(&above, &below, &p), &p) {
        return Err(KeyError::NotOnCurve);
    }
    // Order 1 and 2: y = 1 and -1. Order 4: y = 0. Order 8: twice the point has y = 0, so x^2 = -y^2, which the
    // curve's equation turns into d y^4 + 2 y^2 = 1.
    let order_8 = add(&mul(&dy2, &y2, &p), &add(&y2, &y2, &p), &p) == one;
    if y2 == one || y == [0; 4] || order_8 {
        return Err(KeyError::SmallOrder);
    }
    Ok(key)
}

/// y^2 = x^3 - 3x + b modulo p, both coordinates below p.
fn on_weierstrass<const N: usize>(x: &[u8], y: &[u8], p: &[u8], b: &[u8]) -> Option<bool> {
    let (x, y) = (from_bytes::<N>(x)?, from_bytes::<N>(y)?);
    let (p, b) = (from_bytes::<N>(p)?, from_bytes::<N>(b)?);
    if !less(&x, &p) || !less(&y, &p) {
        return Some(false);
    }
    let x3 = mul(&mul(&x, &x, &p), &x, &p);
    let three_x = add(&add(&x, &x, &p), &x, &p);
    Some(mul(&y, &y, &p) == add(&sub(&x3, &three_x, &p), &b, &p))
}

const P256_P: [u8; 32] = hex(b"ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
const P256_B: [u8; 32] = hex(b"5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");
const P384_P: [u8; 48] =
    hex(b"fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff");
const P384_B: [u8; 48] =
    hex(b"b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef");
const ED_P: [u8; 32] = hex(b"7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
const ED_D: [u8; 32] = hex(b"52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3");

/// Digits of SEC 2 and RFC 8032, read at compile time.
const fn hex<const N: usize>(digits: &[u8]) -> [u8; N] {
    const fn nibble(digit: u8) -> u8 {
        match digit {
            b'0'..=b'9' => digit - b'0',
            _ => digit - b'a' + 10,
        }
    }
    let (mut bytes, mut index) = ([0; N], 0);
    while index < N {
        bytes[index] = nibble(digits[index * 2]) << 4 | nibble(digits[index * 2 + 1]);
        index += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const P256_X: [u8; 32] = hex(b"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
    const P256_Y: [u8; 32] = hex(b"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");

    #[test]
    fn the_base_point_is_on_the_curve_and_its_neighbours_are_not() {
        assert!(uncompressed(Curve::P256, &P256_X, &P256_Y).is_ok());
        for at in 0..32 {
            let mut off = P256_Y;
            off[at] ^= 1;
            assert_eq!(uncompressed(Curve::P256, &P256_X, &off), Err(KeyError::NotOnCurve));
        }
        assert_eq!(uncompressed(Curve::P256, &[0; 32], &[0; 32]), Err(KeyError::NotOnCurve));
    }

    #[test]
    fn a_coordinate_is_whole_and_reduced() {
        assert_eq!(
            uncompressed(Curve::P256, &P256_X[1..], &P256_Y),
            Err(KeyError::Malformed("x"))
        );
        let long = [&[0], &P256_Y[..]].concat();
        assert_eq!(uncompressed(Curve::P256, &P256_X, &long), Err(KeyError::Malformed("y")));
        assert_eq!(
            uncompressed(Curve::P384, &P256_X, &P256_Y),
            Err(KeyError::Malformed("x"))
        );
        assert_eq!(
            uncompressed(Curve::P256, &[0xFF; 32], &P256_Y),
            Err(KeyError::NotOnCurve)
        );
    }

    /// The point with x = 0, and the one with y = 5: each has another encoding that fits into 32 bytes.
    #[test]
    fn a_coordinate_has_one_encoding() {
        const Y_OF_0: [u8; 32] = hex(b"66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4");
        const X_OF_5: [u8; 32] = hex(b"d7325d7646cd60d80a92738ceb345f844cffaf35841022cab176f692de8de1d7");
        let (zero, mut five, mut five_more) = ([0; 32], [0; 32], P256_P);
        five[31] = 5;
        five_more[28..].copy_from_slice(&[0, 0, 0, 4]);
        five_more[19] = 1;
        assert!(uncompressed(Curve::P256, &zero, &Y_OF_0).is_ok());
        assert!(uncompressed(Curve::P256, &X_OF_5, &five).is_ok());
        for (x, y) in [(&P256_P, &Y_OF_0), (&X_OF_5, &five_more)] {
            assert_eq!(uncompressed(Curve::P256, x, y), Err(KeyError::NotOnCurve));
        }
    }

    #[test]
    fn every_point_of_small_order_is_refused() {
        const ORDER_8: [[u8; 32]; 2] = [
            hex(b"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
            hex(b"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        ];
        let mut minus_one = ED_P;
        minus_one[31] -= 1;
        minus_one.reverse();
        let mut one = [0; 32];
        one[0] = 1;
        for mut point in [[0; 32], one, minus_one, ORDER_8[0], ORDER_8[1]] {
            assert_eq!(ed25519(&point), Err(KeyError::SmallOrder), "{point:02x?}");
            point[31] |= 0x80;
            assert_eq!(ed25519(&point), Err(KeyError::SmallOrder), "{point:02x?}, negative x");
        }
    }

    #[test]
    fn an_ed25519_key_is_canonical_whole_and_on_the_curve() {
        let good = hex(b"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        assert_eq!(ed25519(&good), Ok(good));
        assert_eq!(ed25519(&good[1..]), Err(KeyError::Malformed("x")));
        assert_eq!(ed25519(&[0xFF; 32]), Err(KeyError::NotOnCurve));
        let off = (0..=255)
            .filter(|byte| {
                let mut key = good;
                key[5] = *byte;
                ed25519(&key) == Err(KeyError::NotOnCurve)
            })
            .count();
        assert!(
            (90..170).contains(&off),
            "half of all y belong to no point: {off} of 256"
        );
    }
}
