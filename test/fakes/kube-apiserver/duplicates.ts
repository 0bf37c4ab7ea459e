/** Keys that an object has twice: JSON.parse takes the last of them without a word, strict validation does not. */

/** @returns `duplicate field "metadata.labels"` of each, in order; the text must be valid JSON */
export function findDuplicates(text: string): string[] {
  const found: string[] = []
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g) ?? []
  let at = 0

  function value(path: string): void {
    const token = tokens[at]
    at += 1
    if (token === '{') object(path)
    else if (token === '[') list(path)
  }

  function object(path: string): void {
    const seen = new Set<string>()
    while (at < tokens.length && tokens[at] !== '}') {
      if (tokens[at] === ',') at += 1
      const key = String(JSON.parse(tokens[at] ?? '""'))
      const here = path === '' ? key : `${path}.${key}`
      if (seen.has(key)) found.push(`duplicate field "${here}"`)
      seen.add(key)
      at += 2
      value(here)
    }
    at += 1
  }

  function list(path: string): void {
    for (let index = 0; at < tokens.length && tokens[at] !== ']'; index += 1) {
      if (tokens[at] === ',') at += 1
      value(`${path}[${index}]`)
    }
    at += 1
  }

  value('')
  return found
}
