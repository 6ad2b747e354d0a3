/** Owns SM3, the hash of GB/T 32905-2016, fed piece by piece. */

const BLOCK_BYTES = 64;
const LENGTH_AT = 56;
const WORDS = 68;
const ROUNDS = 64;
const EARLY_ROUNDS = 16;
const INITIAL = [
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
];
/** T of each round, turned left by the number of the round. */
const CONSTANTS = Int32Array.from({ length: ROUNDS }, (_, round) =>
  turned(round < EARLY_ROUNDS ? 0x79cc4519 : 0x7a879d8a, round % 32));

/** SM3 of everything that `update` was given, in order. */
export class Sm3 {
  constructor() {
    this.state = Int32Array.from(INITIAL);
    this.words = new Int32Array(WORDS);
    this.block = new Uint8Array(BLOCK_BYTES);
    this.held = 0;
    this.length = 0;
  }

  /** Take in more bytes. */
  update(bytes) {
    this.length += bytes.length;
    let at = 0;
    if (this.held) {
      at = Math.min(BLOCK_BYTES - this.held, bytes.length);
      this.block.set(bytes.subarray(0, at), this.held);
      this.held += at;
      if (this.held < BLOCK_BYTES) return this;
      this.compress(this.block, 0);
      this.held = 0;
    }
    for (; at + BLOCK_BYTES <= bytes.length; at += BLOCK_BYTES) this.compress(bytes, at);
    this.block.set(bytes.subarray(at));
    this.held = bytes.length - at;
    return this;
  }

  /** The digest of all that came in; nothing may come in after that. */
  digest() {
    const { block, length } = this;
    block.fill(0, this.held);
    block[this.held] = 0x80;
    if (this.held >= LENGTH_AT) {
      this.compress(block, 0);
      block.fill(0);
    }
    const view = new DataView(block.buffer);
    view.setBigUint64(LENGTH_AT, BigInt(length) * 8n);
    this.compress(block, 0);
    const digest = new DataView(new ArrayBuffer(32));
    this.state.forEach((word, place) => digest.setInt32(4 * place, word));
    return new Uint8Array(digest.buffer);
  }

  /** Expand one block of `bytes` into words. */
  expand(bytes, at) {
    const w = this.words;
    for (let place = 0; place < 16; place += 1) {
      const from = at + 4 * place;
      w[place] = (bytes[from] << 24) | (bytes[from + 1] << 16) | (bytes[from + 2] << 8)
        | bytes[from + 3];
    }
    for (let place = 16; place < WORDS; place += 1) {
      const mixed = w[place - 16] ^ w[place - 9] ^ turned(w[place - 3], 15);
      w[place] = mixed ^ turned(mixed, 15) ^ turned(mixed, 23)
        ^ turned(w[place - 13], 7) ^ w[place - 6];
    }
  }

  /** Work one block of `bytes` into the state. */
  compress(bytes, at) {
    this.expand(bytes, at);
    const { state, words: w } = this;
    let [a, b, c, d, e, f, g, h] = state;
    for (let round = 0; round < ROUNDS; round += 1) {
      const twelve = turned(a, 12);
      const first = turned((twelve + e + CONSTANTS[round]) | 0, 7);
      const early = round < EARLY_ROUNDS;
      const left = early ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
      const right = early ? e ^ f ^ g : (e & f) | (~e & g);
      const one = (left + d + (first ^ twelve) + (w[round] ^ w[round + 4])) | 0;
      const two = (right + h + first + w[round]) | 0;
      d = c;
      c = turned(b, 9);
      b = a;
      a = one;
      h = g;
      g = turned(f, 19);
      f = e;
      e = two ^ turned(two, 9) ^ turned(two, 17);
    }
    state[0] ^= a;
    state[1] ^= b;
    state[2] ^= c;
    state[3] ^= d;
    state[4] ^= e;
    state[5] ^= f;
    state[6] ^= g;
    state[7] ^= h;
  }
}

/** The SM3 digest of `bytes`. */
export function sm3(bytes) {
  return new Sm3().update(bytes).digest();
}

function turned(word, bits) {
  return (word << bits) | (word >>> (32 - bits));
}
