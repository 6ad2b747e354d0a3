/**
 * Owns the reading of certificates in PDF: the receipt inside, and what the metadata names.
 *
 * One narrow form is read, and every other PDF refused. What pages show and who signed is not
 * judged. Spec: certificate_pdf.md.
 */

import { characters, fromHex, octetsIn } from "./bytes.js";
import { refuse } from "./refusal.js";

const PDF_BYTES_MAX = 4 << 20;
const OBJECTS_MAX = 9999;
const START = "%PDF-";
const HEADER = "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n";

const END = /startxref\n([1-9][0-9]{0,9})\n%%EOF\n$/;
const TRAILER = new RegExp(
  "^trailer\\n<</Size ([0-9]{1,4})/Root ([0-9]{1,4}) 0 R/Info ([0-9]{1,4}) 0 R"
  + "/ID\\[<([0-9a-f]{32})><\\4>\\]>>\\nstartxref\\n[0-9]+\\n%%EOF\\n$");
const CATALOG = new RegExp(
  "^<</Type/Catalog/Pages [0-9]{1,4} 0 R/Lang\\(zh-CN\\)"
  + "/ViewerPreferences<</DisplayDocTitle true>>/Metadata [0-9]{1,4} 0 R"
  + "/Names<</EmbeddedFiles<</Names\\[\\(receipt\\.json\\)([0-9]{1,4}) 0 R\\]>>>>"
  + "/AF\\[\\1 0 R\\](/MarkInfo<</Marked true>>/StructTreeRoot [0-9]{1,4} 0 R)?"
  + "(?:/AcroForm<</Fields\\[([0-9]{1,4}) 0 R\\]/SigFlags 3>>)?>>$");
const FILE = new RegExp(
  "^<</Type/Filespec/F\\(receipt\\.json\\)/UF\\(receipt\\.json\\)/AFRelationship/Data"
  + "/EF<</F ([0-9]{1,4}) 0 R/UF \\1 0 R>>>>$");
const EMBEDDED = new RegExp(
  "^<</Type/EmbeddedFile/Subtype/application#2Fjson/Length ([0-9]{1,7})/Params<</Size \\1>>>>\\n"
  + "stream\\n");
const INFO = new RegExp(
  "^<</Title<[0-9A-F]*>/Author<[0-9A-F]*>/Producer\\(bidwitness\\)"
  + "/CreationDate\\(D:([12][0-9]{13})Z\\)"
  + "/ModDate\\(D:\\1Z\\)/Bidwitness ([12])/BidwitnessNumber\\(([0-9A-Z-]{8,64})\\)"
  + "/BidwitnessNetwork<([0-9a-f]{64})>/BidwitnessRecord<([0-9a-f]{64})>"
  + "/BidwitnessEntry<([0-9a-f]{64})>>>$");
const FIELD = new RegExp(
  "^<</Type/Annot/Subtype/Widget/FT/Sig/T\\(Signature\\)(?:/F 132/Rect\\[0 0 0 0\\]"
  + "|(/TU<[0-9A-F]*>)/F 132/Rect\\[0 0 0 0\\]/StructParent [0-9]{1,4})"
  + "/P [0-9]{1,4} 0 R/V ([0-9]{1,4}) 0 R>>$");
const SIGNATURE = new RegExp(
  "^<</Type/Sig/Filter/Adobe\\.PPKLite/SubFilter/ETSI\\.CAdES\\.detached/M\\(D:[0-9]{14}Z\\)"
  + "/ByteRange\\[0 ([0-9]{10}) ([0-9]{10}) ([0-9]{10})\\]/Contents(<[0-9a-f]+>)>>$");
const ACTIVE = new RegExp(
  "/(?:3D|A|AA|AcroForm|AF|Alternates|Annot|AP|EF|EmbeddedFile|Encrypt|F|FDecodeParms|FFilter"
  + "|Filespec|FileAttachment|JS|JavaScript|Launch|Movie|ObjStm|OC|OCProperties|OpenAction|Perms"
  + "|Ref|RF|RichMedia|Screen|Sig|Sound|SubmitForm|URI|XFA|XRef)(?![0-9A-Za-z])"
  + "|[^\\n -~]|[#%()]|obj|stream");
const ANNOTATIONS = /\/Annots(?![0-9A-Za-z])(?:\[([0-9]{1,4}) 0 R\])?/g;
const LENGTH = /\/Length(?![0-9A-Za-z])(?: ([0-9]{1,7})(?=[ \n]*[/>]))?/g;
const STREAM = "\nstream\n";
const LAST = "\nendobj\n";

/** Whether a file says that it is a PDF. */
export function isPdf(bytes) {
  return characters(bytes.subarray(0, START.length)) === START;
}

/**
 * The certificate that a PDF of our form holds.
 *
 * @param {Uint8Array} bytes from anyone
 * @returns {object} `number`; `networkId`, `recordId` and `entryHash` that its metadata name; the
 *   bytes of its `receipt`; and whether it `isSigned`
 * @throws {Refusal} `certificate_pdf.form`, `certificate_pdf.revised` or `format.too_large`
 */
export function readCertificate(bytes) {
  if (bytes.length > PDF_BYTES_MAX) {
    refuse("format.too_large", { size: bytes.length, limit: PDF_BYTES_MAX });
  }
  const text = characters(bytes);
  if (!text.startsWith(HEADER)) unlike("header");
  const { root, info, bodies } = objectsOf(text);
  const [, file, tree, field] = shape(CATALOG, bodies, root, "catalog");
  const [, embedded] = shape(FILE, bodies, Number(file), "filespec");
  const known = new Set([root, info, Number(file), Number(embedded)]);
  const [, , version, number, network, record, entry] = shape(INFO, bodies, info, "info");
  const isTagged = version === "2";
  let agree = isTagged === (tree !== undefined);
  if (field !== undefined) {
    const [, told, signature] = shape(FIELD, bodies, Number(field), "field");
    agree &&= isTagged === (told !== undefined);
    requireCovered(shape(SIGNATURE, bodies, Number(signature), "signature"), text);
    known.add(Number(field)).add(Number(signature));
  }
  if (!agree) unlike("version");
  for (const [place, body] of bodies) {
    if (!known.has(place) && !isPlain(body, field)) unlike(`object ${place}`);
  }
  return {
    number,
    networkId: fromHex(network),
    recordId: fromHex(record),
    entryHash: fromHex(entry),
    receipt: attachmentOf(bodies.get(Number(embedded)) ?? ""),
    isSigned: field !== undefined,
  };
}

/** Numbers of catalog and info, and the body of each object; they fill the file without a gap. */
function objectsOf(text) {
  const start = Number(END.exec(text.slice(-64))?.[1] ?? 0);
  const at = text.indexOf("trailer\n", start);
  const trailer = TRAILER.exec(at < 0 ? "" : text.slice(at));
  // Whatever follows a whole file of our form came later, and may change what is shown.
  if (trailer === null) fault(text.split("%%EOF").length > 2, "trailer");
  const [size, root, info] = trailer.slice(1, 4).map(Number);
  const revised = text.split("\nxref\n").length > 2;
  if (size < 2 || size > OBJECTS_MAX || revised) fault(revised, "size");
  const table = text.slice(start, at);
  const offsets = [...table.matchAll(/([0-9]{10}) 00000 n \n/g)].map(([, each]) => Number(each));
  const ascending = offsets.every((each, place) => place === 0 || offsets[place - 1] <= each);
  const spelled = table === crossReferences(offsets) && offsets.length === size - 1;
  if (!spelled || offsets[0] !== HEADER.length || !ascending) unlike("xref");
  const ends = [...offsets.slice(1), start];
  const bodies = new Map(offsets.map((from, place) => {
    const whole = text.slice(from, ends[place]);
    const first = `${place + 1} 0 obj\n`;
    const end = whole.length - LAST.length;
    if (!whole.startsWith(first) || whole.indexOf(LAST) !== end) unlike(`object ${place + 1}`);
    return [place + 1, whole.slice(first.length, end)];
  }));
  return { root, info, bodies };
}

/** Whether an object only shows something: a dictionary, and a stream as long as it says. */
function isPlain(body, field) {
  const start = body.indexOf(STREAM);
  const head = start < 0 ? body : body.slice(0, start);
  if (!head.startsWith("<<") || !head.endsWith(">>") || ACTIVE.test(head)) return false;
  // A page has no annotation but the field of the signature.
  if ([...head.matchAll(ANNOTATIONS)].some(([, each]) => each === undefined || each !== field)) {
    return false;
  }
  const lengths = [...head.matchAll(LENGTH)].map(([, each]) => each);
  if (start < 0) return lengths.length === 0;
  if (lengths.length !== 1 || lengths[0] === undefined) return false;
  const rest = body.slice(start + STREAM.length + Number(lengths[0]));
  return rest === "endstream" || rest === "\nendstream";
}

/** The table of objects in its only spelling. */
function crossReferences(offsets) {
  const lines = offsets.map((each) => `${String(each).padStart(10, "0")} 00000 n \n`);
  return `xref\n0 ${offsets.length + 1}\n0000000000 65535 f \n${lines.join("")}`;
}

/** The object of a number, which must have one exact form. */
function shape(form, bodies, number, what) {
  return form.exec(bodies.get(number) ?? "") ?? unlike(what);
}

function attachmentOf(body) {
  const start = EMBEDDED.exec(body) ?? unlike("attachment");
  const end = "\nendstream";
  const held = body.endsWith(end) ? body.slice(start[0].length, -end.length) : unlike("attachment");
  return held.length === Number(start[1]) ? octetsIn(held) : unlike("attachment");
}

/** The signature must cover all that is not the signature itself. */
function requireCovered([, ...found], text) {
  const [first, second, rest] = found.slice(0, 3).map(Number);
  if (text.slice(first, second) !== found[3] || second + rest !== text.length) unlike("byte range");
}

function fault(isRevised, what) {
  return isRevised ? refuse("certificate_pdf.revised") : unlike(what);
}

function unlike(what) {
  return refuse("certificate_pdf.form", { what });
}
