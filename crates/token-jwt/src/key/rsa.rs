//! Checks RSA public keys: the size, the exponent, and that they do not come from a broken generator.

use super::error::KeyError;

/// Refuses a modulus or an exponent that is not safe to verify with.
pub(super) fn check(modulus: &[u8], exponent: &[u8]) -> Result<(), KeyError> {
    minimal(modulus, "n")?;
    minimal(exponent, "e")?;
    let bits = bit_length(modulus);
    if !(2048..=8192).contains(&bits) {
        return Err(KeyError::RsaSize { bits });
    }
    let odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
    if !odd(exponent) || exponent == [1] || bit_length(exponent) > 33 {
        return Err(KeyError::RsaExponent);
    }
    if !odd(modulus) || looks_like_roca(modulus) {
        return Err(KeyError::RsaModulus);
    }
    Ok(())
}

/// Base64urlUInt (RFC 7518 section 2): the fewest bytes, and at least one.
fn minimal(number: &[u8], name: &'static str) -> Result<(), KeyError> {
    match number.first() {
        None | Some(0) => Err(KeyError::Malformed(name)),
        Some(_) => Ok(()),
    }
}

fn bit_length(number: &[u8]) -> usize {
    number
        .first()
        .map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

/// Moduli of the generator of CVE-2017-15361 are powers of 65537 modulo every one of these primes; of other moduli
/// about one in a hundred million is (Nemec and others, "The Return of Coppersmith's Attack", 2017).
fn looks_like_roca(modulus: &[u8]) -> bool {
    const PRIMES: [u32; 17] = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];
    PRIMES.into_iter().all(|prime| {
        let rest = modulus
            .iter()
            .fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime);
        let mut power = 1;
        for _ in 0..prime {
            if power == rest {
                return true;
            }
            power = power * 65_537 % prime;
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An odd number of this many bits.
    fn modulus(bits: usize) -> Vec<u8> {
        let mut bytes = vec![0x5B; bits.div_ceil(8)];
        bytes[0] = 1 << ((bits - 1) % 8);
        bytes
    }

    #[test]
    fn only_2048_to_8192_bits_are_accepted() {
        let e = [1, 0, 1];
        for bits in [2048, 2049, 3072, 4096, 8192] {
            assert_eq!(check(&modulus(bits), &e), Ok(()), "{bits}");
        }
        for bits in [1024, 2047, 8193] {
            assert_eq!(check(&modulus(bits), &e), Err(KeyError::RsaSize { bits }));
        }
    }

    #[test]
    fn an_exponent_is_odd_and_neither_one_nor_huge() {
        let n = modulus(2048);
        for bad in [&[1][..], &[2], &[1, 0, 0], &[3, 0, 0, 0, 1], &[1, 0, 0, 0, 0, 1]] {
            assert_eq!(check(&n, bad), Err(KeyError::RsaExponent), "{bad:?}");
        }
        for bad in [&[][..], &[0], &[0, 1, 0, 1]] {
            assert_eq!(check(&n, bad), Err(KeyError::Malformed("e")), "{bad:?}");
        }
        for good in [&[3][..], &[1, 0, 0, 0, 1]] {
            assert_eq!(check(&n, good), Ok(()), "{good:?}");
        }
    }

    #[test]
    fn a_modulus_is_odd_and_written_in_the_fewest_bytes() {
        let mut even = modulus(2048);
        even[255] = 0x5A;
        assert_eq!(check(&even, &[3]), Err(KeyError::RsaModulus));
        let padded = [&[0], &modulus(2048)[..]].concat();
        assert_eq!(check(&padded, &[3]), Err(KeyError::Malformed("n")));
    }
}
