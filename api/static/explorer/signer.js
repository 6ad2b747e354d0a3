/**
 * Speaks with a member's local signer (docs/spec/signer.md): pairs, logs in, has records signed.
 *
 * Nothing here holds a key or decides anything; what the signer did is judged by the node.
 */

export const SIGNER = "http://127.0.0.1:7611";
const POLL_MS = 500;
const RENEW_MS = 10_000;

/** What the signer or a node refused, with its stable code and a sentence in both languages. */
export class Refused extends Error {
  constructor(problem, status) {
    super(problem.detail ?? String(status));
    this.code = problem.code ?? "";
    this.zh = problem.detail_zh ?? this.message;
    this.facts = problem.facts ?? {};
    this.status = status;
  }
}

/** Nobody answers at the signer's address: it is not running, or knows this page no more. */
export class Unreachable extends Error {}

export class Signer {
  #base;
  #store;
  #logins = new Map();

  /** `store` keeps the pairing: sessionStorage forgets it with the tab. */
  constructor(base = SIGNER, store = globalThis.sessionStorage) {
    this.#base = base;
    this.#store = store;
  }

  /** Whether this page was paired; the signer may have forgotten it. */
  get paired() {
    return this.#store.getItem(this.#name) !== null;
  }

  /** Has the signer show a pairing code in its terminal. */
  async askPairing() {
    await this.#ask("POST", "/v1/pairing", {});
  }

  /** The code, as the person read it in the terminal. */
  async confirmPairing(code) {
    const { secret } = await this.#ask("POST", "/v1/pairing/code", { code });
    this.#store.setItem(this.#name, secret);
  }

  /** Whose key it is: member, network_id, public_key. */
  state() {
    return this.#ask("GET", "/v1/state");
  }

  /** Ends the pairing and the logins of this page. */
  async leave() {
    await this.#ask("DELETE", "/v1/state");
    this.forget();
  }

  /** Forgets the pairing and the logins on this side alone: the signer may be gone. */
  forget() {
    this.#store.removeItem(this.#name);
    this.#logins.clear();
  }

  /** A token for one node, good for a minute; asks the person where a login is not open. */
  async login(node) {
    const kept = this.#logins.get(node);
    if (kept !== undefined && kept.until_s * 1000 - Date.now() > RENEW_MS) return kept.token;
    const told = await this.#decided({ sign: "login", node });
    this.#logins.set(node, told);
    return told.token;
  }

  /**
   * Has records signed as one bundle: `{bundle, record_ids, openings}`. `bundle` is bytes for
   * POST /v1/bundles; each of `openings` is a file that the author must keep, or null.
   */
  async sign(records) {
    const told = await this.#decided({ sign: "records", records });
    const bundle = Uint8Array.from(atob(told.bundle), (each) => each.charCodeAt(0));
    return { bundle, record_ids: told.record_ids, openings: told.openings };
  }

  get #name() {
    return `bidwitness signer ${this.#base}`;
  }

  async #decided(wish) {
    let told = await this.#ask("POST", "/v1/sign", wish);
    while (told.state === "waiting") {
      await new Promise((done) => setTimeout(done, POLL_MS));
      told = await this.#ask("GET", `/v1/sign/${told.ticket}`);
    }
    return told;
  }

  async #ask(method, path, body) {
    const headers = { "Bidwitness-Pairing": this.#store.getItem(this.#name) ?? "" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const options = { method, headers, credentials: "omit", cache: "no-store", redirect: "error" };
    if (body !== undefined) options.body = JSON.stringify(body);
    return read(await fetch(this.#base + path, options).catch(({ message }) => {
      throw new Unreachable(message);
    }));
  }
}

/** Submits a signed bundle to a node and waits for its receipts. */
export async function submit(node, bundle, waitSeconds = 30) {
  const answer = await fetch(`${node}/v1/bundles?wait=${waitSeconds}`, {
    method: "POST",
    headers: { "Content-Type": "application/msgpack" },
    body: bundle,
    credentials: "omit",
  });
  return read(answer);
}

/** Reads from a node as whoever the token proves. */
export async function readAs(node, path, token) {
  const headers = { Authorization: `Bearer ${token}` };
  return read(await fetch(node + path, { headers, credentials: "omit", cache: "no-store" }));
}

async function read(answer) {
  if (answer.status === 204) return {};
  if (!answer.ok) throw await refusalOf(answer);
  return answer.json().catch(() => ({}));
}

/** The refusal that an answer tells, in the words of whoever gave it. */
export async function refusalOf(answer) {
  return new Refused(await answer.json().catch(() => ({})), answer.status);
}
