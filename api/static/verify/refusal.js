/**
 * Owns the one kind of error by which this verifier refuses: a stable code, and where a check is
 * numbered, its number. Verification throws; it never returns a boolean.
 *
 * Codes are those of the Python implementation, so that a person meets the same word in both.
 */

/** Why something was refused. Whatever else is thrown is a fault of this program. */
export class Refusal extends Error {
  /**
   * @param {string} code stable name of the reason, such as `receipt.quorum`
   * @param {Object<string, *>} detail facts for the sentence that a person reads
   */
  constructor(code, detail = {}) {
    super(code);
    this.name = "Refusal";
    this.code = code;
    this.detail = detail;
    /** Number of the check that failed; null where the bytes are no such file at all. */
    this.step = null;
    /** The steps that passed before, where checks are numbered. */
    this.passed = [];
  }
}

/** Refuse with `code`. */
export function refuse(code, detail) {
  throw new Refusal(code, detail);
}

/**
 * What `check` returns; on whatever it refuses, the number of the check is put.
 *
 * @param {number} step
 * @param {function(): T} check
 * @returns {T}
 * @template T
 */
export function numbered(step, check) {
  try {
    return check();
  } catch (problem) {
    if (problem instanceof Refusal) problem.step = step;
    throw problem;
  }
}

/** What `attempt` returns; whatever it refuses is refused with `code` instead. */
export function refusedAs(code, detail, attempt) {
  try {
    return attempt();
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw problem;
    return refuse(code, detail);
  }
}

/** Whether nothing is refused in `attempt`. */
export function holds(attempt) {
  try {
    attempt();
    return true;
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw problem;
    return false;
  }
}
