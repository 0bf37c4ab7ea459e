/** What the program `ping` says in the end (iputils, also busybox), in the C locale and quiet. */

/** Counts and times of some echo requests. */
export interface PingStatistics {
  readonly sent: number
  /** Without `duplicates`. */
  readonly received: number
  /** Answers beyond the first to the same request. */
  readonly duplicates: number
  /** A router, or this machine, said that there is no way to there. */
  readonly errors: number
  /** Of those received; undefined where none was. */
  readonly roundTrip: RoundTrip | undefined
}

/** Times there and back. */
export interface RoundTrip {
  readonly minMs: number
  readonly avgMs: number
  readonly maxMs: number
  /** How far they are apart; 0 where the program does not tell it. */
  readonly deviationMs: number
}

/** "3 packets transmitted, 2 received, +1 duplicates, +1 errors, 33.3333% packet loss, time 2049ms" */
const COUNTS = /^(\d{1,9}) packets transmitted, (\d{1,9}) (?:packets )?received(.*)$/m
const DUPLICATES = /, \+(\d{1,9}) duplicates/
const ERRORS = /, \+(\d{1,9}) errors/
/** "rtt min/avg/max/mdev = 0.020/0.035/0.050/0.012 ms, pipe 2"; busybox: "round-trip min/avg/max = …" */
const TIMES =
  /^(?:rtt|round-trip) min\/avg\/max(?:\/mdev)? = (\d+(?:\.\d+)?)\/(\d+(?:\.\d+)?)\/(\d+(?:\.\d+)?)(?:\/(\d+(?:\.\d+)?))? ms/m

/** Undefined for what is not what it says in the end. Never throws. */
export function parsePing(text: string): PingStatistics | undefined {
  const counts = COUNTS.exec(text)
  if (counts === null) return undefined
  const [, sent, received, rest = ''] = counts
  const count = (pattern: RegExp): number => Number(pattern.exec(rest)?.[1] ?? 0)
  const times = TIMES.exec(text)
  return {
    sent: Number(sent),
    received: Number(received),
    duplicates: count(DUPLICATES),
    errors: count(ERRORS),
    roundTrip:
      times === null || Number(received) === 0
        ? undefined
        : {
            minMs: Number(times[1]),
            avgMs: Number(times[2]),
            maxMs: Number(times[3]),
            deviationMs: Number(times[4] ?? 0),
          },
  }
}

/** The sentence of a ping that could not even begin: "ping: connect: Network is unreachable". "" where it said none. */
export function complaintOf(stderr: string): string {
  const [line = ''] = stderr.split('\n').filter((each) => each.trim() !== '')
  return line.replace(/^(?:\S*\/)?ping6?: /, '').slice(0, 200)
}
