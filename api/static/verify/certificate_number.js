/**
 * Owns the numbers of certificates: network, place in the log, check character (ISO/IEC 7064 MOD
 * 37,36). Spec: certificate_pdf.md.
 */

import { refuse } from "./refusal.js";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const NUMBER = /^[0-9A-Z]{1,12}(-[0-9]{4}){2,5}-[0-9A-Z]$/;
const NAME_MAX = 12;

/**
 * The number of the record at a place in the log.
 *
 * @param {string} domain of the network's genesis
 * @param {bigint} index of its entry; of a record that was sealed, of its commitment's
 * @returns {string} such as `JINCHENG-0000-0042-O`
 */
export function certificateNumber(domain, index) {
  const name = shortName(domain);
  const digits = String(index);
  const padded = digits.padStart(Math.max(2, Math.ceil(digits.length / 4)) * 4, "0");
  return [name, ...padded.match(/.{4}/g), checkCharacter(name + padded)].join("-");
}

/**
 * The place in the log that a number of a network names.
 *
 * @throws {Refusal} `certificate_pdf.number`
 */
export function parseCertificateNumber(text, domain) {
  const given = text.trim().toUpperCase();
  const digits = NUMBER.test(given) ? given.split("-").slice(1, -1).join("") : null;
  if (digits === null || certificateNumber(domain, BigInt(digits)) !== given) {
    refuse("certificate_pdf.number", { number: text });
  }
  return BigInt(digits);
}

function shortName(domain) {
  const [label] = domain.split(".");
  const kept = [...label.toUpperCase()].filter((each) => ALPHABET.includes(each));
  return kept.slice(0, NAME_MAX).join("") || "0";
}

function checkCharacter(text) {
  let carry = ALPHABET.length;
  for (const each of text) {
    carry = (carry + ALPHABET.indexOf(each)) % 36 || 36;
    carry = (carry * 2) % 37;
  }
  return ALPHABET[(37 - carry) % 36];
}
