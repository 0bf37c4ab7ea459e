/** Looks of one check, of its runs and for answers: never two at a time. */
import type { Report } from '#model'
import type { RunReport } from './findings.ts'
import type { Said } from './saying.ts'

/** So many may wait for an answer of their own; who comes then has the common one. */
const ASKED_MAX = 4

type Parameters = Readonly<Record<string, string>>

/** How the check looks. */
export interface Look {
  /** @param isAsked somebody asked for it, and it is no turn */
  readonly run: (isAsked: boolean) => Promise<RunReport>
  readonly answer: (parameters: Parameters) => Promise<Said | undefined>
}

/** Who is told, until when. */
export interface LooksOptions {
  /** The monitor stops. */
  readonly signal: AbortSignal
  /** Tells what a run saw; gives it back numbered. Not called for a run that ended because the monitor stops. */
  readonly tell: (run: RunReport) => Report | Promise<Report>
  /** A run has ended, in whatever way. */
  readonly onRan?: () => void
}

/** The looks. */
export interface Looks {
  /** False until the first run has ended, in whatever way. */
  readonly hasRun: boolean
  /** A turn: runs now, or right after a look that is under way because somebody asked for it. */
  turn(): Promise<Report>
  /** What somebody asks for: runs now, or joins the run that is under way, and resolves with what was told of it. The first is a turn. */
  runNow(): Promise<Report>
  /** Looks once with a caller's parameters; undefined while a run hangs, or many have asked already. */
  answer(parameters: Parameters): Promise<Said | undefined>
  /** Resolves when the run that is under way has ended, in whatever way. */
  settled(): Promise<void>
}

/** Looks at nothing by itself. */
export function createLooks({ signal, tell, onRan }: LooksOptions, look: Look): Looks {
  let running: Promise<Report> | undefined
  let answering: Promise<Said | undefined> | undefined
  let isTurn = false
  /** A turn that begins once the look has ended that is under way. */
  let waiting: Promise<Report> | undefined
  let hasRun = false
  let asked = 0

  async function run(isAsked: boolean): Promise<Report> {
    try {
      while (answering !== undefined) await answering
      const report = await look.run(isAsked)
      signal.throwIfAborted()
      return await tell(report)
    } finally {
      running = undefined
      isTurn = false
      hasRun = true
      onRan?.()
    }
  }

  function begin(isAsked: boolean): Promise<Report> {
    isTurn = !isAsked
    running = run(isAsked)
    return running
  }

  return {
    get hasRun() {
      return hasRun
    },
    turn() {
      if (running === undefined) return begin(false)
      if (isTurn) return running
      const turn = () => {
        waiting = undefined
        return begin(false)
      }
      waiting ??= running.then(turn, turn)
      return waiting
    },
    // Who asks over and over keeps no turn waiting.
    runNow: () => waiting ?? running ?? begin(hasRun),
    async answer(parameters) {
      if (asked >= ASKED_MAX) return undefined
      asked++
      try {
        while (running !== undefined || answering !== undefined) await (answering ?? running)?.catch(() => undefined)
        answering = look.answer(parameters)
        return await answering
      } finally {
        answering = undefined
        asked--
      }
    },
    async settled() {
      await running?.catch(() => undefined)
    },
  }
}
