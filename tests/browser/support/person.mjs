// @ts-check
// Somebody at a browser, whichever engine it is: what a test says to either.

/**
 * @typedef {object} Person
 * @property {string} name
 * @property {string[]} problems what the page complained of: exceptions, console errors
 * @property {(url: string) => Promise<void>} open
 * @property {(id: string) => Promise<void>} click on the element with this data-testid, once it can be clicked
 * @property {(id: string, text: string) => Promise<void>} fill
 * @property {(id: string) => Promise<void>} sees waits for the element to be visible
 * @property {(id: string) => Promise<string>} text
 * @property {(id: string, attribute: string) => Promise<string | null>} attribute null also when there is no such element
 * @property {<T, A>(code: (argument: A) => T | Promise<T>, argument?: A) => Promise<T>} evaluate
 * @property {() => Promise<void>} reload
 * @property {() => Promise<void>} close the tab, without a good-bye
 */

export {};
