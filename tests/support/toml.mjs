// @ts-check
// Just enough TOML to write a configuration: tables of strings, numbers, booleans and arrays.

/** @param {unknown} value */
const isTable = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * @param {Record<string, unknown>} table
 * @param {string[]} path
 * @returns {string}
 */
export function toToml(table, path = []) {
  const plain = Object.entries(table).filter(([, value]) => !isTable(value));
  const tables = Object.entries(table).filter(([, value]) => isTable(value));
  const head = path.length > 0 ? [`[${path.join('.')}]`] : [];
  const lines = plain.map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  const below = tables.map(([key, value]) => toToml(/** @type {Record<string, unknown>} */ (value), [...path, key]));
  return [...head, ...lines, ...below].join('\n');
}

/**
 * The first table with the second laid over it, at every depth.
 * @param {Record<string, any>} base
 * @param {Record<string, any>} over
 * @returns {Record<string, any>}
 */
export function merged(base, over) {
  const result = { ...base };
  for (const [key, value] of Object.entries(over)) {
    result[key] = isTable(value) && isTable(base[key]) ? merged(base[key], value) : value;
  }
  return result;
}
