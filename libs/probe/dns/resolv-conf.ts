/** /etc/resolv.conf, as glibc reads it (2.36, resolv/res_init.c). */
import { addressOf } from './inet.ts'

/** How many nameservers glibc asks: MAXNS of resolv.h. */
const MAX_SERVERS = 3
/** So many remarks are kept; the file may be a hundred thousand wrong lines. */
const MAX_REMARKS = 20
const MAX_SHOWN = 40

/** What is wrong, or without effect, in a line. */
export interface ResolvRemark {
  /** From 1. */
  readonly line: number
  readonly text: string
}

/** What a resolver does by a resolv.conf. */
export interface ResolvConf {
  /** Asked in turn, at most 3; without any in the file 127.0.0.1. IPv6 addresses may have a zone. */
  readonly servers: readonly string[]
  /** Named behind the third: nobody asks them. */
  readonly ignoredServers: readonly string[]
  /** Whether the file names a nameserver. */
  readonly isNamed: boolean
  /** Domains put behind names; the last `search` or `domain` wins. undefined where neither is there: then the host's own domain. */
  readonly search: readonly string[] | undefined
  /** Dots from which on a name is first tried as it is. 0 to 15, default 1. */
  readonly ndots: number
  /** How long one nameserver is waited for. Default 5; what is less than 1 is 1. */
  readonly timeoutS: number
  /** How often all are asked, in turn. 0 to 5, default 2. */
  readonly attempts: number
  /** `rotate`, `edns0`, `use-vc`, `single-request` … that are on. */
  readonly flags: readonly string[]
  /** At most 20, by line. */
  readonly remarks: readonly ResolvRemark[]
}

const FLAGS = [
  'rotate',
  'edns0',
  'single-request-reopen',
  'single-request',
  'no_tld_query',
  'no-tld-query',
  'no-reload',
  'use-vc',
  'trust-ad',
  'no-aaaa',
]
const NUMBERS = { ndots: 15, timeout: 30, attempts: 5 }
const KEYWORDS = ['nameserver', 'domain', 'search', 'options', 'sortlist']
const BEGINNING = new RegExp(`^(${KEYWORDS.join('|')})[ \\t]+`)
const DEFAULTS = { ndots: 1, timeout: 5, attempts: 2 }

interface Reading {
  readonly servers: string[]
  search: readonly string[] | undefined
  readonly numbers: { ndots: number; timeout: number; attempts: number }
  readonly flags: Set<string>
  /** Told what to say of the line, if there is room for more. */
  readonly remark: (text: () => string) => void
}

function shown(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text)
}

function readNumber({ numbers, remark }: Reading, name: keyof typeof NUMBERS, value: string): void {
  const most = NUMBERS[name]
  const said = Number(/^\s*([+-]?\d+)/.exec(value)?.[1] ?? 0)
  if (!/^\d+$/.test(value)) remark(() => `options ${shown(`${name}:${value}`)} is not a number of 0 or more`)
  else if (said > most) remark(() => `options ${shown(`${name}:${value}`)} is more than ${most}, and means ${most}`)
  else if (name === 'attempts' && said === 0) remark(() => 'options attempts:0 asks no nameserver at all')
  numbers[name] = Math.max(0, Math.min(most, said))
}

function readOption(reading: Reading, option: string): void {
  const number = (Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]).find((name) => option.startsWith(`${name}:`))
  if (number !== undefined) {
    readNumber(reading, number, option.slice(number.length + 1))
    return
  }
  // glibc compares no further than its own word.
  const flag = FLAGS.find((name) => option.startsWith(name))
  if (flag === undefined) reading.remark(() => `options ${shown(option)} is not known to glibc 2.36`)
  else reading.flags.add(flag)
}

function readServer({ servers, remark }: Reading, rest: string): void {
  const text = rest.split(/[ \t]/, 1)[0] ?? ''
  const address = addressOf(text)
  if (address === undefined) {
    remark(() => `nameserver ${shown(text)} is not an address`)
    return
  }
  if (/^0\d/.test(text) && address !== text)
    remark(() => `nameserver ${shown(text)} has octal numbers, and is ${address}`)
  servers.push(address)
}

function readKeyword(reading: Reading, keyword: string, rest: string): void {
  const words = rest.split(/[ \t]+/).filter((word) => word !== '')
  switch (keyword) {
    case 'nameserver':
      readServer(reading, rest)
      return
    case 'domain':
    case 'search':
      if (words.length === 0) reading.remark(() => `${keyword} names no domain`)
      else reading.search = keyword === 'domain' ? words.slice(0, 1) : words
      return
    case 'options':
      for (const word of words) readOption(reading, word)
      return
    default:
      // `sortlist` orders addresses of an answer: it says nothing of who is asked.
      return
  }
}

function remarkOn(line: string): string {
  const word = line.trim().split(/\s/, 1)[0] ?? ''
  if (!KEYWORDS.includes(word)) return `${shown(word)} is no keyword of resolv.conf`
  return /^\s/.test(line)
    ? `${word} has white space before it: glibc ignores the line`
    : `${word} has nothing behind it`
}

function readLine(reading: Reading, line: string): void {
  if (line === '' || line.startsWith('#') || line.startsWith(';')) return
  const [begun, keyword] = BEGINNING.exec(line) ?? []
  if (begun !== undefined && keyword !== undefined) {
    if (keyword === 'sortlist' && line.includes('\r')) {
      reading.remark(() => 'sortlist has a carriage return: glibc 2.36 never comes back from it')
    } else if (line.endsWith('\r')) {
      reading.remark(() => `${keyword} ends in a carriage return, which is part of its last word`)
    }
    readKeyword(reading, keyword, line.slice(begun.length))
  } else if (/^\s*[^\s#;]/.test(line)) reading.remark(() => remarkOn(line))
}

/** Reads the text of a resolv.conf; any text is one. */
export function parseResolvConf(text: string): ResolvConf {
  const remarks: ResolvRemark[] = []
  let line = 0
  const reading: Reading = {
    servers: [],
    search: undefined,
    numbers: { ...DEFAULTS },
    flags: new Set(),
    remark: (said) => {
      if (remarks.length < MAX_REMARKS) remarks.push({ line, text: said() })
    },
  }
  for (const one of text.split('\n')) {
    line += 1
    const before = reading.servers.length
    // To glibc the end of a line is a line feed; what stands behind a NUL is not there.
    readLine(reading, one.split('\0', 1)[0] ?? '')
    if (reading.servers.length === MAX_SERVERS + 1 && before === MAX_SERVERS) {
      reading.remark(
        () => `nameserver ${reading.servers.at(-1)} and all behind it are not asked: glibc takes ${MAX_SERVERS}`,
      )
    }
  }
  const { servers, search, numbers, flags } = reading
  return {
    servers: servers.length === 0 ? ['127.0.0.1'] : servers.slice(0, MAX_SERVERS),
    ignoredServers: servers.slice(MAX_SERVERS),
    isNamed: servers.length > 0,
    search,
    ndots: numbers.ndots,
    timeoutS: Math.max(1, numbers.timeout),
    attempts: numbers.attempts,
    flags: [...flags],
    remarks,
  }
}
