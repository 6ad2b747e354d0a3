/**
 * Owns the words of what is put together in the browser: the same catalogue as the server's, loaded
 * once for a language, filled in here.
 */

const BEIJING = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium",
});
const LATEST_MS = 253402271999999n;
/** Marks that write on the page by themselves or turn the text after them around. */
const NOT_PRINTABLE = /(?! )[\p{C}\p{Z}]/gu;

/** The words of one language. */
export class Words {
  /**
   * @param {string} language `zh` or `en`
   * @param {{page: object, phrases: object, sentences: object}} tables words of the page, of
   *   verdicts by dotted key, and of codes
   */
  constructor(language, tables) {
    this.language = language;
    this.tables = tables;
  }

  /** The page's words for `name`. */
  say(name, facts = {}) {
    return filled(this.tables.page[name], facts);
  }

  /** The verdict's words for a dotted key, such as `step.4.name`. */
  phrase(key, facts = {}) {
    return filled(this.tables.phrases[key], facts);
  }

  /** Whether a verdict has words for this. */
  has(key) {
    return Object.hasOwn(this.tables.phrases, key);
  }

  /**
   * Why something was refused: what happened, and what to do next. In a browser nobody types
   * commands: where a code's sentence tells to, the page has its own.
   */
  refused({ code, detail }) {
    const own = `code_${code.replace(/\W/g, "_")}`;
    return filled(this.tables.page[own] ?? this.tables.sentences[code] ?? code, detail);
  }
}

/**
 * The words of a language: those that the page brought, else from where it came from.
 *
 * @param {string} language `zh` or `en`
 * @returns {Promise<Words>}
 */
export async function loadWords(language) {
  const brought = document.getElementById(`words-${language}`);
  if (brought !== null) return new Words(language, JSON.parse(brought.textContent));
  const answer = await fetch(`/explorer/words/${language}.json`);
  if (!answer.ok) throw new Error(`words: ${answer.status}`);
  return new Words(language, await answer.json());
}

/** The query by which a language that was chosen by hand stays chosen; empty where none was. */
export function chosenLanguage() {
  const chosen = new URLSearchParams(location.search).get("lang");
  return chosen === null ? "" : `?lang=${encodeURIComponent(chosen)}`;
}

/** Beijing time to the second; the bare number where no calendar has that date. */
export function moment(timeMs) {
  if (timeMs < 0n || timeMs > LATEST_MS) return `${timeMs} ms`;
  return BEIJING.format(new Date(Number(timeMs)));
}

/** A text from anyone: nothing in it acts on the reader by itself. */
export function plain(text) {
  return String(text).replace(NOT_PRINTABLE, "\ufffd");
}

function filled(words, facts) {
  return words.replace(/\{([a-z_]+)\}/g, (_, name) =>
    (Object.hasOwn(facts, name) ? plain(facts[name]) : "?"));
}
