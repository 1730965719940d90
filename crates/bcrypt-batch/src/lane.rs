//! The computation: bcrypt on `N` independent states, advanced together.
//!
//! A Blowfish round waits for four dependent table look-ups, so a single hash leaves most of a core idle. Here round `r`
//! of every lane comes before round `r + 1` of any lane. The processor, which looks only a few hundred instructions
//! ahead, then always finds look-ups of other lanes to do in the meantime.

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::Cost;
use crate::pi::{SBOXES, SUBKEYS};

/// The most lanes that the code can interleave.
pub(crate) const MAX_WIDTH: usize = 8;

/// "OrpheanBeholderScryDoubt", the text that bcrypt encrypts under the state made from a password.
const ORPHEAN: [u32; 6] = [0x4f727068, 0x65616e42, 0x65686f6c, 0x64657253, 0x63727944, 0x6f756274];

/// How often that text is encrypted.
const TEXT_PASSES: usize = 64;

/// One hash in progress: all its data that depends on the password.
#[derive(Zeroize, ZeroizeOnDrop)]
#[cfg_attr(test, derive(PartialEq))]
#[repr(align(64))]
pub(crate) struct Lane {
    sboxes: [[u32; 256]; 4],
    subkeys: [u32; 18],
    /// The password and its NUL, repeated to 72 bytes.
    key: [u32; 18],
    salt: [u32; 4],
    text: [u32; 6],
}

impl Lane {
    /// An idle lane, all zeros.
    pub(crate) const fn idle() -> Self {
        Self {
            sboxes: [[0; 256]; 4],
            subkeys: [0; 18],
            key: [0; 18],
            salt: [0; 4],
            text: [0; 6],
        }
    }

    /// Loads a password of at most 72 bytes without its NUL, and a salt.
    ///
    /// The key is the password with its final NUL, repeated to 72 bytes. A password of 72 bytes leaves no room for the
    /// NUL, and further bytes would be ignored.
    pub(crate) fn load(&mut self, password: &[u8], salt: &[u8; 16]) {
        let mut bytes = password.iter().chain(&[0]).cycle();
        for word in &mut self.key {
            *word = bytes
                .by_ref()
                .take(4)
                .fold(0, |word, &byte| word << 8 | u32::from(byte));
        }
        for (word, bytes) in self.salt.iter_mut().zip(salt.as_chunks().0) {
            *word = u32::from_be_bytes(*bytes);
        }
    }

    /// The digest, once [`bcrypt`] has run: 23 bytes of the 24, as bcrypt stores them.
    pub(crate) fn digest(&self) -> [u8; 23] {
        let mut digest = [0; 23];
        let bytes = self.text.iter().flat_map(|word| word.to_be_bytes());
        digest.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte);
        digest
    }
}

/// Hashes every loaded lane at `cost`, as many at once as there are, up to [`MAX_WIDTH`].
pub(crate) fn bcrypt(lanes: &mut [Lane], cost: Cost) {
    let rest = in_chunks::<MAX_WIDTH>(lanes, cost);
    let rest = in_chunks::<7>(rest, cost);
    let rest = in_chunks::<6>(rest, cost);
    let rest = in_chunks::<5>(rest, cost);
    let rest = in_chunks::<4>(rest, cost);
    let rest = in_chunks::<3>(rest, cost);
    let rest = in_chunks::<2>(rest, cost);
    in_chunks::<1>(rest, cost);
}

fn in_chunks<const N: usize>(lanes: &mut [Lane], cost: Cost) -> &mut [Lane] {
    let (chunks, rest) = lanes.as_chunks_mut::<N>();
    for lanes in chunks {
        together(lanes, cost);
    }
    rest
}

fn together<const N: usize>(lanes: &mut [Lane; N], cost: Cost) {
    for lane in lanes.iter_mut() {
        lane.sboxes = SBOXES;
        lane.subkeys = SUBKEYS;
        lane.mix_in_key();
    }
    refill::<N, true>(lanes);
    for _ in 0..cost.rounds() {
        lanes.iter_mut().for_each(Lane::mix_in_key);
        refill::<N, false>(lanes);
        lanes.iter_mut().for_each(Lane::mix_in_salt);
        refill::<N, false>(lanes);
    }
    encrypt_text(lanes);
}

impl Lane {
    fn mix_in_key(&mut self) {
        self.subkeys
            .iter_mut()
            .zip(&self.key)
            .for_each(|(subkey, word)| *subkey ^= word);
    }

    fn mix_in_salt(&mut self) {
        self.subkeys
            .iter_mut()
            .zip(self.salt.iter().cycle())
            .for_each(|(subkey, word)| *subkey ^= word);
    }
}

/// Replaces each lane's whole state by the chain of its own encryptions. bcrypt spends all its time here.
///
/// The first pass mixes the salt into every block (`SALTED`), its two halves alternately.
#[inline(never)]
fn refill<const N: usize, const SALTED: bool>(lanes: &mut [Lane; N]) {
    let mut blocks = Blocks([0; N]);
    for pair in 0..9 {
        if SALTED {
            blocks.mix_in_salt(lanes, pair % 2);
        }
        blocks.encrypt(lanes);
        for (lane, [left, right]) in lanes.iter_mut().zip(blocks.halves()) {
            lane.subkeys[2 * pair] = left;
            lane.subkeys[2 * pair + 1] = right;
        }
    }
    for sbox in 0..4 {
        for pair in 0..128 {
            if SALTED {
                // After the nine blocks above, the second half is next.
                blocks.mix_in_salt(lanes, (pair + 1) % 2);
            }
            blocks.encrypt(lanes);
            for (lane, [left, right]) in lanes.iter_mut().zip(blocks.halves()) {
                lane.sboxes[sbox][2 * pair] = left;
                lane.sboxes[sbox][2 * pair + 1] = right;
            }
        }
    }
}

fn encrypt_text<const N: usize>(lanes: &mut [Lane; N]) {
    for (pair, &[left, right]) in ORPHEAN.as_chunks().0.iter().enumerate() {
        let mut blocks = Blocks([block(left, right); N]);
        for _ in 0..TEXT_PASSES {
            blocks.encrypt(lanes);
        }
        for (lane, [left, right]) in lanes.iter_mut().zip(blocks.halves()) {
            lane.text[2 * pair] = left;
            lane.text[2 * pair + 1] = right;
        }
    }
}

/// One block of each lane, the left half in the lower 32 bits.
///
/// With both halves in one register, six lanes fit into the fifteen registers of x86-64. With one register for each
/// half, four lanes fill them, and a fifth moves values to the stack and back.
struct Blocks<const N: usize>([u64; N]);

impl<const N: usize> Blocks<N> {
    fn mix_in_salt(&mut self, lanes: &[Lane; N], half: usize) {
        for (blocks, lane) in self.0.iter_mut().zip(lanes) {
            *blocks ^= block(lane.salt[2 * half], lane.salt[2 * half + 1]);
        }
    }

    fn halves(&self) -> [[u32; 2]; N] {
        self.0.map(|block| [block as u32, (block >> 32) as u32])
    }

    /// Blowfish: one round of every lane, then the next round of every lane. Each round swaps the halves.
    ///
    /// Subkeys are applied two at a time: the first two before all rounds, the others after every second round.
    #[inline(always)]
    fn encrypt(&mut self, lanes: &[Lane; N]) {
        for (block, lane) in self.0.iter_mut().zip(lanes) {
            *block ^= lane.two_subkeys(0);
        }
        for pair in 1..9 {
            for (block, lane) in self.0.iter_mut().zip(lanes) {
                let substitute = lane.substitute(*block);
                *block = block.rotate_left(32) ^ substitute;
            }
            for (block, lane) in self.0.iter_mut().zip(lanes) {
                // The look-ups first, the subkeys last: the other order was up to 10 % slower.
                let substitute = lane.substitute(*block);
                *block = block.rotate_left(32) ^ lane.two_subkeys(pair) ^ substitute;
            }
        }
        for block in &mut self.0 {
            // Blowfish undoes the last swap of halves.
            *block = block.rotate_left(32);
        }
    }
}

impl Lane {
    /// The round function: the value from the lower half that is mixed into the upper half, after the swap.
    ///
    /// Four look-ups, one for each byte; an index of eight bits needs no bounds check.
    #[inline(always)]
    fn substitute(&self, block: u64) -> u64 {
        let half = block as u32;
        let a = self.sboxes[0][usize::from((half >> 24) as u8)];
        let b = self.sboxes[1][usize::from((half >> 16) as u8)];
        let c = self.sboxes[2][usize::from((half >> 8) as u8)];
        let d = self.sboxes[3][usize::from(half as u8)];
        u64::from((a.wrapping_add(b) ^ c).wrapping_add(d))
    }

    #[inline(always)]
    fn two_subkeys(&self, pair: usize) -> u64 {
        block(self.subkeys[2 * pair], self.subkeys[2 * pair + 1])
    }
}

const fn block(left: u32, right: u32) -> u64 {
    left as u64 | (right as u64) << 32
}
