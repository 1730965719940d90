//! Arithmetic modulo a prime, to check public points once at import. Slow, and not for secrets.

/// A number of `N` limbs of 64 bits, least significant first.
pub(super) type Number<const N: usize> = [u64; N];

/// The number in these big-endian bytes; `None` if there are too many.
pub(super) fn from_bytes<const N: usize>(bytes: &[u8]) -> Option<Number<N>> {
    let mut number = [0; N];
    for (index, byte) in bytes.iter().rev().enumerate() {
        *number.get_mut(index / 8)? |= u64::from(*byte) << (index % 8 * 8);
    }
    Some(number)
}

/// Whether `a < b`.
pub(super) fn less<const N: usize>(a: &Number<N>, b: &Number<N>) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

/// `a + b` modulo `p`, both below `p`.
pub(super) fn add<const N: usize>(a: &Number<N>, b: &Number<N>, p: &Number<N>) -> Number<N> {
    let (sum, carry) = add_whole(a, b);
    if carry || !less(&sum, p) {
        sub_whole(&sum, p)
    } else {
        sum
    }
}

/// `a - b` modulo `p`, both below `p`.
pub(super) fn sub<const N: usize>(a: &Number<N>, b: &Number<N>, p: &Number<N>) -> Number<N> {
    if less(a, b) {
        sub_whole(&add_whole(a, p).0, b)
    } else {
        sub_whole(a, b)
    }
}

/// `a * b` modulo `p`, both below `p`: doubling and adding, bit by bit.
pub(super) fn mul<const N: usize>(a: &Number<N>, b: &Number<N>, p: &Number<N>) -> Number<N> {
    let mut product = [0; N];
    for limb in b.iter().rev() {
        for bit in (0..64).rev() {
            product = add(&product, &product, p);
            if limb >> bit & 1 == 1 {
                product = add(&product, a, p);
            }
        }
    }
    product
}

/// Whether `a` is a square modulo the odd prime `p` (zero is): the Jacobi symbol, by halving and swapping.
pub(super) fn is_square<const N: usize>(a: &Number<N>, p: &Number<N>) -> bool {
    let (mut a, mut n, mut negative) = (*a, *p, false);
    if a == [0; N] {
        return true;
    }
    while a != [0; N] {
        while a[0] & 1 == 0 {
            a = half(&a);
            negative ^= matches!(n[0] & 7, 3 | 5);
        }
        if less(&a, &n) {
            std::mem::swap(&mut a, &mut n);
            negative ^= a[0] & 3 == 3 && n[0] & 3 == 3;
        }
        a = sub_whole(&a, &n);
    }
    !negative
}

fn add_whole<const N: usize>(a: &Number<N>, b: &Number<N>) -> (Number<N>, bool) {
    let (mut sum, mut carry) = ([0; N], false);
    for index in 0..N {
        let (partial, first) = a[index].overflowing_add(b[index]);
        let (limb, second) = partial.overflowing_add(u64::from(carry));
        sum[index] = limb;
        carry = first | second;
    }
    (sum, carry)
}

fn sub_whole<const N: usize>(a: &Number<N>, b: &Number<N>) -> Number<N> {
    let (mut difference, mut borrow) = ([0; N], false);
    for index in 0..N {
        let (partial, first) = a[index].overflowing_sub(b[index]);
        let (limb, second) = partial.overflowing_sub(u64::from(borrow));
        difference[index] = limb;
        borrow = first | second;
    }
    difference
}

fn half<const N: usize>(a: &Number<N>) -> Number<N> {
    let mut result = [0; N];
    for index in 0..N {
        let above = a.get(index + 1).copied().unwrap_or(0);
        result[index] = a[index] >> 1 | above << 63;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_primes_agree_with_the_definition() {
        for p in [3_u64, 5, 7, 97, 65_537] {
            let squares: std::collections::HashSet<u64> = (0..p.min(400)).map(|x| x * x % p).collect();
            for a in 0..p.min(97) {
                let b = (a * 31 + 7) % p;
                assert_eq!(add(&[a, 0], &[b, 0], &[p, 0]), [(a + b) % p, 0]);
                assert_eq!(sub(&[a, 0], &[b, 0], &[p, 0]), [(p + a - b) % p, 0]);
                assert_eq!(mul(&[a, 0], &[b, 0], &[p, 0]), [a * b % p, 0]);
                if p < 400 {
                    assert_eq!(is_square(&[a, 0], &[p, 0]), squares.contains(&a), "{a} mod {p}");
                }
            }
        }
    }

    #[test]
    fn carries_cross_limbs() {
        let p = [u64::MAX, u64::MAX >> 1]; // 2^127 - 1, a prime
        let top = [u64::MAX - 1, u64::MAX >> 1];
        assert_eq!(add(&top, &top, &p), [u64::MAX - 2, u64::MAX >> 1]);
        assert_eq!(mul(&top, &top, &p), [1, 0]);
        assert_eq!(sub(&[0, 0], &[1, 0], &p), top);
        assert!(!is_square(&top, &p), "-1 is no square where p is 3 modulo 4");
    }
}
