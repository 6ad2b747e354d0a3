/**
 * Owns the login of a page of the desk: pairs it with the local signer, gets tokens for one node,
 * and says on the page how far that is. A token is in memory only, and gone with the tab.
 */

import { Elsewhere } from "./desk_pages.js";
import { Refused, Signer, Unreachable } from "./signer.js";

const PORT_KEY = "bidwitness signer port";

export class Login {
  #bar;
  #signer = null;
  #member = "";
  #changed;
  #isIn = false;
  /** Where the bar stands while nobody is logged in: `out`, or `gone` after a signer that left. */
  #rest = "out";

  /**
   * @param {Element} bar the section `#signer` of the page
   * @param {function(): void} changed called when somebody logged in or out
   */
  constructor(bar, changed) {
    this.#bar = bar;
    this.#changed = changed;
    const port = sessionStorage.getItem(PORT_KEY);
    if (port !== null) this.#part("#signer-port").value = port;
    this.#part("#log-in").addEventListener("click", () => this.#begin());
    this.#part("#log-out").addEventListener("click", () => this.#leave());
    this.#part("#pairing").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#pair(this.#part("#pairing-code").value);
    });
    bar.hidden = false;
    this.#show("out");
  }

  /** The signer that the page is paired with; null where nobody logged in. */
  get signer() {
    return this.#isIn ? this.#signer : null;
  }

  /** Id of the member who is logged in, or was last. */
  get member() {
    return this.#member;
  }

  /** Goes on with a pairing of this tab, where there is one. */
  async resume() {
    if (sessionStorage.getItem(PORT_KEY) === null) return;
    this.#signer = this.#made();
    if (this.#signer.paired && await this.#isKnown()) await this.#try(() => this.#logIn());
  }

  /** The header that proves to the node who asks; none for the public. */
  async headers() {
    if (this.signer === null) return {};
    const token = await this.#token();
    return { Authorization: `Bearer ${token}` };
  }

  /** Has the signer sign records, as `Signer.sign`. */
  async sign(records) {
    return this.#asked((signer) => signer.sign(records));
  }

  /** Says on the bar who is logged in, in the node's words. */
  name(reader) {
    this.#part("[data-member]").textContent = reader;
  }

  /** Says a refusal on the bar, in the reader's language. */
  refuse(problem) {
    const place = this.#part(".problem");
    place.textContent = this.words(problem);
    place.hidden = false;
  }

  /** Takes back what was said of a refusal: the reader tries something else. */
  calm() {
    this.#part(".problem").hidden = true;
  }

  /** What happened and what to do, in the reader's language. */
  words(problem) {
    const zh = document.documentElement.lang.startsWith("zh");
    if (problem instanceof Refused && problem.code) {
      return `${zh ? problem.zh : problem.message} [${problem.code}]`;
    }
    if (problem instanceof Elsewhere) return this.#bar.dataset.elsewhere;
    return this.#bar.dataset[problem instanceof Unreachable ? "unreachable" : "lost"];
  }

  async #begin() {
    await this.#try(async () => {
      this.#signer = this.#made();
      sessionStorage.setItem(PORT_KEY, this.#part("#signer-port").value);
      if (this.#signer.paired && await this.#isKnown()) {
        await this.#logIn();
        return;
      }
      await this.#signer.askPairing();
      this.#show("code");
      this.#part("#pairing-code").focus();
    });
  }

  async #pair(code) {
    await this.#try(async () => {
      await this.#signer.confirmPairing(code);
      this.#part("#pairing-code").value = "";
      await this.#logIn();
    });
  }

  async #logIn() {
    const { member } = await this.#signer.state();
    this.#show("consent");
    await this.#signer.login(this.#bar.dataset.node);
    this.#member = member;
    this.#isIn = true;
    this.#rest = "out";
    this.name(member);
    this.#show("in");
    this.#changed();
  }

  /**
   * Whether the signer still knows this page: one that was started anew knows it no more, and lets
   * its script read nothing, not even why.
   */
  async #isKnown() {
    try {
      await this.#signer.state();
      return true;
    } catch {
      this.#signer.forget();
      return false;
    }
  }

  async #token() {
    const waiting = setTimeout(() => this.#show("consent"), 1_000);
    try {
      return await this.#asked((signer) => signer.login(this.#bar.dataset.node));
    } finally {
      clearTimeout(waiting);
      this.#show(this.#isIn ? "in" : this.#rest);
    }
  }

  /** What the signer answers; with one that is gone nobody is logged in any more. */
  async #asked(question) {
    try {
      return await question(this.#signer);
    } catch (problem) {
      if (problem instanceof Unreachable) {
        this.#isIn = false;
        this.#rest = "gone";
        this.#show(this.#rest);
      }
      throw problem;
    }
  }

  async #leave() {
    try {
      await this.#signer.leave();
    } catch (problem) {
      this.refuse(problem);
    }
    this.#signer.forget();
    this.#isIn = false;
    this.#show("out");
    this.#changed();
  }

  /** Does one step; a refusal is shown, and of a code that was misread another try is left. */
  async #try(step) {
    this.calm();
    this.#show("busy");
    try {
      await step();
    } catch (problem) {
      this.#show(problem.code === "signer.code" && problem.facts.left > 0 ? "code" : this.#rest);
      this.refuse(problem);
    }
  }

  #made() {
    return new Signer(`http://127.0.0.1:${this.#part("#signer-port").value || "7611"}`);
  }

  #show(state) {
    this.#bar.dataset.state = state;
  }

  #part(selector) {
    return this.#bar.querySelector(selector);
  }
}
