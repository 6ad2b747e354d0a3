/**
 * Owns the reading of a court bundle's ZIP file: one strict form, in which nothing is packed.
 *
 * Files are stored one after another without a gap, so there is nothing to inflate, and whatever is
 * not spelled in the one right way is refused. Read by pieces: of 4 GiB only one is held. Spec:
 * court_bundle.md.
 */

import { characters, concat, equal, utf8 } from "./bytes.js";
import { refuse } from "./refusal.js";

const START = Uint8Array.of(0x50, 0x4b, 3, 4);
const CENTRAL_START = Uint8Array.of(0x50, 0x4b, 1, 2);
const END_START = Uint8Array.of(0x50, 0x4b, 5, 6);
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const ENTRIES_MAX = 20_000;
const ZIP_BYTES_MAX = 2 ** 32 - 1;
const NAME_BYTES_MAX = 177;
const NAME = /^(?:[a-z]{1,16}\/)?[A-Za-z0-9](?:[A-Za-z0-9-]|\.(?=[A-Za-z0-9])){0,159}$/;
const VERSION = 10;
/** 1 January 1980, the epoch of the format. */
const DATE = 0x21;
const PIECE_BYTES = 1 << 20;
/** Up to here the whole is read at once: thousands of small reads take a browser seconds. */
const WHOLE_BYTES_MAX = 4 << 20;
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/**
 * Whether a file begins like a ZIP file.
 *
 * @param {Blob} source
 */
export async function isZip(source) {
  return equal(await bytesOf(source.slice(0, START.length)), START);
}

/**
 * The files of a bundle, whose directory was compared with the one right form.
 *
 * @param {Blob} source a File too; whatever has a `size` and `slice`s with an `arrayBuffer()`
 * @returns {Promise<object>} `entries`, the size of each file by its name, in the order of the ZIP;
 *   `read(name, sizeMax)`, its bytes; and `pieces(name)`, the same in pieces of at most 1 MiB.
 *   Both refuse a file that is missing, or whose header or bytes are not of the form
 * @throws {Refusal} `court_bundle.form`
 */
export async function openZip(source) {
  const { size } = source;
  if (size < END_BYTES || size > ZIP_BYTES_MAX) wrong("size");
  const held = size <= WHOLE_BYTES_MAX ? await bytesOf(source) : null;
  const take = async (from, to) =>
    (held === null ? bytesOf(source.slice(from, to)) : held.subarray(from, to));
  const found = await entriesOf(take, size);
  const entryOf = (name) => found.get(name) ?? refuse("court_bundle.missing", { name });
  return {
    entries: new Map([...found].map(([name, entry]) => [name, entry.size])),
    pieces: (name) => piecesOf(take, name, entryOf(name)),
    read: async (name, sizeMax) => {
      const entry = entryOf(name);
      if (entry.size > sizeMax) refuse("format.too_large", { size: entry.size, limit: sizeMax });
      const pieces = [];
      for await (const piece of piecesOf(take, name, entry)) pieces.push(piece);
      return concat(...pieces);
    },
  };
}

async function bytesOf(blob) {
  return new Uint8Array(await blob.arrayBuffer());
}

async function entriesOf(take, size) {
  const tail = await take(size - END_BYTES, size);
  const numbers = new DataView(tail.buffer, tail.byteOffset, END_BYTES);
  const count = numbers.getUint16(10, true);
  const [length, start] = [numbers.getUint32(12, true), numbers.getUint32(16, true)];
  const fits = count <= ENTRIES_MAX && length <= count * (CENTRAL_BYTES + NAME_BYTES_MAX);
  if (!fits || start + length + END_BYTES !== size) wrong("end");
  const directory = await take(start, start + length);
  const entries = listed(directory, count);
  const spelled = directoryOf(entries);
  if (!equal(spelled, concat(directory, tail))) wrong("directory");
  return entries;
}

/** What the directory lists; that it is spelled in the one right way is compared afterwards. */
function listed(directory, count) {
  const numbers = new DataView(directory.buffer, directory.byteOffset, directory.length);
  const entries = new Map();
  const seen = new Set();
  let [at, offset] = [0, 0];
  for (let number = 0; number < count; number += 1) {
    if (at + CENTRAL_BYTES > directory.length) wrong("directory");
    const [crc, size] = [numbers.getUint32(at + 16, true), numbers.getUint32(at + 20, true)];
    const named = at + CENTRAL_BYTES;
    const name = characters(directory.subarray(named, named + numbers.getUint16(at + 28, true)));
    // Names that differ in case only are one file on many machines.
    if (!NAME.test(name) || seen.has(name.toLowerCase())) wrong(name.slice(0, 80));
    seen.add(name.toLowerCase());
    offset += LOCAL_BYTES + name.length;
    entries.set(name, { size, crc, offset });
    offset += size;
    at = named + name.length;
  }
  return entries;
}

/** The directory and the end record, which follow from the names, sizes and sums. */
function directoryOf(entries) {
  const parts = [];
  let at = 0;
  for (const [name, { size, crc }] of entries) {
    const fields = [
      ...[[VERSION, 2], [VERSION, 2], [0, 2], [0, 2], [0, 2], [DATE, 2], [crc, 4]],
      ...[[size, 4], [size, 4], [name.length, 2], [0, 2], [0, 2], [0, 2], [0, 2], [0, 4], [at, 4]],
    ];
    parts.push(CENTRAL_START, littleEndian(fields), utf8(name));
    at += LOCAL_BYTES + name.length + size;
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const { size: count } = entries;
  const end = [[0, 2], [0, 2], [count, 2], [count, 2], [length, 4], [at, 4], [0, 2]];
  return concat(...parts, END_START, littleEndian(end));
}

function headerOf(name, { size, crc }) {
  const fields = [
    ...[[VERSION, 2], [0, 2], [0, 2], [0, 2], [DATE, 2], [crc, 4]],
    ...[[size, 4], [size, 4], [name.length, 2], [0, 2]],
  ];
  return concat(START, littleEndian(fields), utf8(name));
}

function littleEndian(fields) {
  return Uint8Array.from(fields.flatMap(([value, count]) =>
    Array.from({ length: count }, (_, place) => Math.floor(value / 256 ** place) % 256)));
}

async function* piecesOf(take, name, entry) {
  const header = headerOf(name, entry);
  const before = await take(entry.offset - header.length, entry.offset);
  if (!equal(before, header)) wrong(name);
  const end = entry.offset + entry.size;
  let found = 0xffffffff;
  for (let at = entry.offset; at < end; at += PIECE_BYTES) {
    const piece = await take(at, Math.min(at + PIECE_BYTES, end));
    for (const byte of piece) found = CRC_TABLE[(found ^ byte) & 0xff] ^ (found >>> 8);
    yield piece;
  }
  if ((found ^ 0xffffffff) >>> 0 !== entry.crc) wrong(name);
}

function wrong(what) {
  return refuse("court_bundle.form", { what });
}
