import { browser } from "@web/core/browser/browser";

const FLASH_CLASS = "o_sop_flash";

const MAX_FRAMES = 60;

/** Opens a page of a notebook and waits until it is drawn. */
async function openTab(tab) {
    tab.click();
    for (let frame = 0; frame < MAX_FRAMES && !tab.classList.contains("active"); frame++) {
        await new Promise((resolve) => browser.requestAnimationFrame(resolve));
    }
    tab.scrollIntoView({ block: "nearest", inline: "center" });
}

/**
 * Finds an element of a form, also on a notebook page that is not open yet.
 *
 * @param {Element} root
 * @param {string} selector
 * @returns {Promise<Element|null>}
 */
export async function findOnForm(root, selector) {
    const found = root.querySelector(selector);
    if (found) {
        return found;
    }
    const tabs = [...root.querySelectorAll(".o_notebook_headers .nav-link:not(.active)")];
    const opened = [...root.querySelectorAll(".o_notebook_headers .nav-link.active")];
    for (const tab of tabs) {
        await openTab(tab);
        const target = root.querySelector(selector);
        if (target) {
            return target;
        }
    }
    opened.forEach((tab) => tab.click());
    return null;
}

/** Scrolls to an element, puts the focus in it and marks it for a moment. */
export function showElement(element) {
    element.scrollIntoView({ block: "center" });
    const focusable = element.querySelector(
        "input:not([type=file]), textarea, select, [contenteditable=true], button, a[href]"
    );
    (focusable || element).focus({ preventScroll: true });
    element.classList.remove(FLASH_CLASS);
    element.classList.add(FLASH_CLASS);
    element.addEventListener("animationend", () => element.classList.remove(FLASH_CLASS), {
        once: true,
    });
}

/**
 * @param {Element} root
 * @param {string} selector
 * @returns {Promise<boolean>} whether the element exists on the form
 */
export async function revealOnForm(root, selector) {
    const element = await findOnForm(root, selector);
    if (element) {
        showElement(element);
    }
    return Boolean(element);
}
