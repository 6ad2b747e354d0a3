/** Owns what somebody has typed on a page: it stays when the page is shown anew, as to a member. */

const FIELDS = "input[id]:not([type=hidden]), select[id], textarea[id]";

/**
 * Takes what is typed over from one page to another, field by field.
 *
 * @param {ParentNode} from
 * @param {ParentNode} to
 */
export function carryTyped(from, to) {
  for (const field of from.querySelectorAll(FIELDS)) {
    const same = to.querySelector(`#${CSS.escape(field.id)}`);
    if (same === null) continue;
    if (field.type === "file") same.files = field.files;
    else same.value = field.value;
  }
}
