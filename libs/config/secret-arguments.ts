/** What of a program's arguments is never shown: values behind names that speak of a secret. Rather too much than too little. Pure. */
import { isSecretName, PAIRS } from './secret-names.ts'
import { HIDDEN, withoutUserinfo } from './secrets.ts'

export { isSecretName } from './secret-names.ts'
export { HIDDEN } from './secrets.ts'

const NAME = /-{0,2}[A-Za-z][A-Za-z0-9_-]*/g
const EQUALS = /["']?\s*=\s*/y
const COLON = /["']?\s*:\s*/y
const SPACE = /\s+/y
/** Up to white space, or over it in quotes. */
const VALUE = /(?:"[^"]*"?|'[^']*'?|[^\s"'])+/y
/** A shell makes more of a value with one of these in it: where it ends is not looked for. */
const OF_SHELL = /[\\`({<]/
/** What stands before a secret in its own value: "Bearer …". */
const SCHEME = /^["']?(?:basic|bearer|digest|token|negotiate|ntlm|apikey|hmac|aws4-hmac-sha256)["']?$/i
/** One that speaks for itself, and the value behind it. */
const BEARER = /^bearer$/i

/** The end of what stands at a place; undefined: it does not. */
function endAt(what: RegExp, text: string, place: number): number | undefined {
  what.lastIndex = place
  return what.test(text) ? what.lastIndex : undefined
}

/** Where a value begins and ends; `next`: it is the next argument, or goes on in it. */
interface Found {
  readonly begin: number
  readonly end: number
  readonly isNext: boolean
}

/** Where a value ends that is not all of the rest; one that begins with a scheme goes on behind it. */
function endOfValue(text: string, begin: number): number {
  const end = endAt(VALUE, text, begin) ?? begin
  const value = text.slice(begin, end)
  if (OF_SHELL.test(value)) return text.length
  if (!SCHEME.test(value)) return end
  const behind = endAt(SPACE, text, end) ?? end
  return endAt(VALUE, text, behind) ?? end
}

/** The value that belongs to a name. White space does not end it where its name stands in the argument's first word, nor in a header. */
function secretOf(text: string, name: string, place: number, isInFirstWord: boolean): Found | undefined {
  const behind = place + name.length
  const isOption = name.startsWith('-')
  if (behind === text.length) return isOption || place === 0 ? { begin: behind, end: behind, isNext: true } : undefined
  const equals = endAt(EQUALS, text, behind)
  const colon = equals === undefined ? endAt(COLON, text, behind) : undefined
  const isSpaced = isOption || BEARER.test(name)
  const begin = equals ?? colon ?? (isSpaced ? endAt(SPACE, text, behind) : undefined)
  if (begin === undefined) return undefined
  const isToTheEnd = colon !== undefined || (equals !== undefined && isInFirstWord)
  const end = isToTheEnd ? text.length : endOfValue(text, begin)
  const isLeftOpen =
    end === text.length && (begin === end ? equals === undefined : SCHEME.test(text.slice(begin).trim()))
  return { begin, end, isNext: isLeftOpen }
}

/** Of the next argument: all, all where it is "user:password", or all where it is no option. */
type Next = 'never' | 'always' | 'pair' | 'value'

function hiddenIn(text: string): { readonly shown: string; readonly hidesNext: Next } {
  let shown = ''
  let done = 0
  const space = text.search(/\s/)
  let hidesNext: Next = 'never'
  for (const { 0: name, index } of text.matchAll(NAME)) {
    const isPair = PAIRS.includes(name)
    if (index < done || !(isPair || isSecretName(name))) continue
    const found = secretOf(text, name, index, space < 0 || index < space)
    if (found === undefined) continue
    const isBare = name === text && !name.startsWith('-')
    if (found.isNext) hidesNext = isPair ? 'pair' : isBare ? 'value' : 'always'
    if (found.end > found.begin && (!isPair || text.slice(found.begin, found.end).includes(':'))) {
      shown += text.slice(done, found.begin) + HIDDEN
      done = found.end
    }
  }
  return { shown: shown + text.slice(done), hidesNext }
}

function isHiddenBehind(before: Next, text: string): boolean {
  if (before === 'pair') return text.includes(':')
  return before === 'always' || (before === 'value' && !text.startsWith('-'))
}

/** A hidden one may be a scheme, or itself an option, where the one before it takes no value: `--auth --password …`. */
function behindHidden(text: string, next: Next): Next {
  if (SCHEME.test(text)) return 'always'
  return text.startsWith('-') || text.trimEnd().endsWith(':') ? next : 'never'
}

/** Parts of a text behind "scheme://", each up to the next of them. */
const ADDRESS = /(?<=[A-Za-z0-9+.-]:\/\/)(?:(?!:\/\/)\S)+/g

/** Without what may be user and password of URLs: a password need not be written as URLs want it, and may have a "/" in it. */
function withoutLooseUserinfo(text: string): string {
  return withoutUserinfo(text).replace(ADDRESS, (part) => {
    const at = part.lastIndexOf('@')
    return at > 0 && part.slice(0, at).includes(':') ? `${HIDDEN}${part.slice(at)}` : part
  })
}

/** Arguments of a program for people: without values of passwords, tokens, keys and the like, and without those in URLs. */
export function withoutSecretArguments(args: readonly string[]): string[] {
  let before: Next = 'never'
  return args.map((text) => {
    const isHidden = isHiddenBehind(before, text)
    const { shown, hidesNext } = hiddenIn(text)
    before = isHidden ? behindHidden(text, hidesNext) : hidesNext
    return isHidden ? HIDDEN : withoutLooseUserinfo(shown)
  })
}
