/** Just enough of a shell's grammar to see which programs a line of the docs starts, and with which words. */

/** What a reader replaces by something of theirs: NODE, $POD, TYPE. */
export function isPlaceholder(word: string): boolean {
  return /^(\$?[A-Z_]+|…)$/.test(word)
}

interface Cut {
  readonly text: string
  readonly end: number
}

/** From the character after an opening quote or bracket to its end; brackets nest. */
function enclosed(line: string, from: number, close: string): Cut {
  let depth = 1
  for (let at = from; at < line.length; at++) {
    if (line[at] === close && --depth === 0) return { text: line.slice(from, at), end: at }
    if (close === ')' && line[at] === '(') depth++
  }
  throw new SyntaxError(`${line}: ${close} is missing`)
}

/**
 * The simple commands of a line, each as its words without quotes, those within `$(…)` first. Comments, redirections and
 * assignments before a command are left out; a word that a `$(…)` stands in is `$X`.
 * @throws SyntaxError for a quote or bracket that is never closed
 */
export function simpleCommands(line: string): string[][] {
  const commands: string[][] = []
  let words: string[] = []
  let word: string | undefined
  const endWord = () => {
    if (word !== undefined) words.push(word)
    word = undefined
  }
  const endCommand = () => {
    endWord()
    const start = words.findIndex((each) => !/^[A-Za-z_]+=/.test(each))
    if (start >= 0) commands.push(words.slice(start))
    words = []
  }
  for (let at = 0; at < line.length; at++) {
    const here = line[at] ?? ''
    if (here === "'" || here === '"') {
      const { text, end } = enclosed(line, at + 1, here)
      word = (word ?? '') + text
      at = end
    } else if (line.startsWith('$(', at)) {
      const { text, end } = enclosed(line, at + 2, ')')
      commands.push(...simpleCommands(text))
      word = `${word ?? ''}$X`
      at = end
    } else if (here === '#' && word === undefined) break
    else if (here === '>') {
      endWord()
      at += /^>+ *\S+/.exec(line.slice(at))?.[0].length ?? 1
    } else if (/[|;&]/.test(here)) endCommand()
    else if (/\s/.test(here)) endWord()
    else if (here === '\\') word = (word ?? '') + (line[++at] ?? '')
    else word = (word ?? '') + here
  }
  endCommand()
  return commands
}

export interface Options {
  /** What is no option and no option's value. */
  readonly words: readonly string[]
  /** `--name`, or `-n`, → its values; "" where it has none. */
  readonly given: ReadonlyMap<string, readonly string[]>
  /** What stands behind `--`. */
  readonly rest: readonly string[]
}

/** @param flags options that take no value; of the others the next word is the value, if it does not stand behind `=` */
export function readOptions(words: readonly string[], flags: ReadonlySet<string>): Options {
  const given = new Map<string, string[]>()
  const plain: string[] = []
  const end = words.includes('--') ? words.indexOf('--') : words.length
  for (let at = 0; at < end; at++) {
    const word = words[at] ?? ''
    if (!/^-[-a-zA-Z]/.test(word)) {
      plain.push(word)
      continue
    }
    const [name = '', value] = word.split(/=(.*)/s)
    given.set(name, [...(given.get(name) ?? []), value ?? (flags.has(name) ? '' : (words[++at] ?? ''))])
  }
  return { words: plain, given, rest: words.slice(end + 1) }
}
