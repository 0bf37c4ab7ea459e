/** What of a program's arguments is never shown: values behind names that speak of a secret. Rather too much than too little. Pure. */
import { HIDDEN, isSecretKey, withoutUserinfo } from './secrets.ts'

/** Words of names that a key of ours would not have: `--pass`, `MYSQL_PWD`, `-key`. */
const SECRET_WORDS = ['pass', 'passcode', 'pwd', 'key', 'auth', 'bearer', 'cookie', 'signature']
/** Last words of names that hold none: a file of it, a count. */
const NO_SECRET_WORDS = ['file', 'path', 'dir', 'name', 'count', 'seconds', 'ms', 'ttl', 'enabled']
/** Their values hold one where they are "user:password". */
const PAIRS = ['-u', '--user', '--proxy-user']

const NAME = /-{0,2}[A-Za-z][A-Za-z0-9_-]*/g
const EQUALS = /["']?\s*=\s*/y
const COLON = /["']?\s*:\s*/y
const SPACE = /\s+/y
/** Up to white space, or over it in quotes. */
const VALUE = /(?:"[^"]*"?|'[^']*'?|[^\s"'])+/y

/** The end of what stands at a place; undefined: it does not. */
function endAt(what: RegExp, text: string, place: number): number | undefined {
  what.lastIndex = place
  return what.test(text) ? what.lastIndex : undefined
}

function isSecretName(name: string): boolean {
  const words = name.split(/[-_]+|(?<=[a-z0-9])(?=[A-Z])/).map((word) => word.toLowerCase())
  if (NO_SECRET_WORDS.includes(words.at(-1) ?? '')) return false
  return isSecretKey(name) || words.some((word) => SECRET_WORDS.includes(word))
}

/** Where a value begins and ends; `next`: it is the next argument. */
interface Found {
  readonly begin: number
  readonly end: number
  readonly isNext: boolean
}

/** The value that belongs to a name. A whole argument has no white space that ends it, and neither has a header. */
function secretOf(text: string, name: string, place: number): Found | undefined {
  const behind = place + name.length
  const isOption = name.startsWith('-')
  if (isOption && behind === text.length) return { begin: behind, end: behind, isNext: true }
  const equals = endAt(EQUALS, text, behind)
  const colon = equals === undefined ? endAt(COLON, text, behind) : undefined
  const begin = equals ?? colon ?? (isOption ? endAt(SPACE, text, behind) : undefined)
  if (begin === undefined) return undefined
  const isToTheEnd = colon !== undefined || (equals !== undefined && place === 0)
  return { begin, end: isToTheEnd ? text.length : (endAt(VALUE, text, begin) ?? begin), isNext: false }
}

function hiddenIn(text: string): { readonly shown: string; readonly hidesNext: 'never' | 'always' | 'pair' } {
  let shown = ''
  let done = 0
  let hidesNext: 'never' | 'always' | 'pair' = 'never'
  for (const { 0: name, index } of text.matchAll(NAME)) {
    const isPair = PAIRS.includes(name)
    if (index < done || !(isPair || isSecretName(name))) continue
    const found = secretOf(text, name, index)
    if (found?.isNext === true) hidesNext = isPair ? 'pair' : 'always'
    else if (found !== undefined && (!isPair || text.slice(found.begin, found.end).includes(':'))) {
      shown += text.slice(done, found.begin) + (found.end > found.begin ? HIDDEN : '')
      done = found.end
    }
  }
  return { shown: shown + text.slice(done), hidesNext }
}

/** Arguments of a program for people: without values of passwords, tokens, keys and the like, and without those in URLs. */
export function withoutSecretArguments(args: readonly string[]): string[] {
  let hidesThis: 'never' | 'always' | 'pair' = 'never'
  return args.map((text) => {
    const isHidden = hidesThis === 'always' || (hidesThis === 'pair' && text.includes(':'))
    const { shown, hidesNext } = hiddenIn(text)
    hidesThis = isHidden ? 'never' : hidesNext
    return isHidden ? HIDDEN : withoutUserinfo(shown)
  })
}
