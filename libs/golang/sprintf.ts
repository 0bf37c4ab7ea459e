/** What fmt.Sprintf makes of a text that is a format by mistake, with nothing to be put into it. Pure. */

/** Numbers beyond it are none, and what stands behind them is not looked at. */
const NUMBER_MAX = 1_000_000

/** A number as fmt reads it. `next`: where reading goes on. */
function numberAt(text: string, start: number, end: number): { readonly isNumber: boolean; readonly next: number } {
  let [number, next] = [0, start]
  for (; next < end && /[0-9]/.test(text[next] ?? ''); next++) {
    if (number > NUMBER_MAX) return { isNumber: false, next: end }
    number = number * 10 + Number(text[next])
  }
  return { isNumber: next > start, next }
}

/** One `%` and what belongs to it. */
interface Verb {
  readonly text: string
  readonly next: number
}

/** Reads flags, index, width and precision as fmt does; there is no argument that any of them could name. */
function verbAt(text: string, percent: number): Verb {
  let at = percent + 1
  let said = ''
  let isGood = true
  let isBehindIndex = false

  function index(): void {
    isBehindIndex = false
    if (text[at] !== '[') return
    isGood = false
    const close = text.length - at < 3 ? -1 : text.indexOf(']', at + 1)
    if (close < 0) {
      at++
      return
    }
    const { isNumber, next } = numberAt(text, at + 1, close)
    isBehindIndex = isNumber && next === close
    at = close + 1
  }

  /** @returns whether a number stands there; a star would take it from an argument */
  function count(missing: string): void {
    if (text[at] === '*') {
      said += missing
      isBehindIndex = false
      at++
      return
    }
    const { isNumber, next } = numberAt(text, at, text.length)
    if (isBehindIndex && isNumber) isGood = false
    at = next
  }

  while ('#0+- '.includes(text[at] ?? 'x')) at++
  index()
  count('%!(BADWIDTH)')
  // At the very end a dot is a verb.
  if (text[at] === '.' && at + 1 < text.length) {
    at++
    if (isBehindIndex) isGood = false
    index()
    count('%!(BADPREC)')
  }
  if (!isBehindIndex) index()
  const code = text.codePointAt(at)
  if (code === undefined) return { text: `${said}%!(NOVERB)`, next: text.length }
  const verb = String.fromCodePoint(code)
  const next = at + verb.length
  if (verb === '%') return { text: `${said}%`, next }
  return { text: `${said}%!${verb}(${isGood ? 'MISSING' : 'BADINDEX'})`, next }
}

/** `fmt.Sprintf(text)`: "50% full" is "50%!f(MISSING)ull". */
export function sprintf(text: string): string {
  let made = ''
  let from = 0
  for (let percent = text.indexOf('%'); percent >= 0; percent = text.indexOf('%', from)) {
    const verb = verbAt(text, percent)
    made += text.slice(from, percent) + verb.text
    from = verb.next
  }
  return made + text.slice(from)
}
