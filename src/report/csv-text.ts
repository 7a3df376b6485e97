/** Rows of CSV. Quoting and line ends as in RFC 4180; where there is no figure the field is empty. */
export type Field = string | number | boolean | null;

export function csvText(rows: readonly (readonly Field[])[]): string {
  return rows.map((fields) => `${fields.map(quoted).join(',')}\r\n`).join('');
}

function quoted(field: Field): string {
  const text = field === null ? '' : String(field);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
