/** Asks whoever runs acts whether he could: nobody waits long for it, and what comes late counts at the next turn. */
import { lstat, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Clock } from '#clock'
import type { Act } from '#model'
import { ActionRunnerService } from '#proto/nodedoctor/v1/action.ts'
import { deniedMend, deniedWords, type RpcClient, RpcError } from '#rpc'
import { toProtoAct } from '#wire/remediation-parts'
import type { Fit } from '../gates/types.ts'
import { createPatience } from './beside.ts'
import { lineOf } from './said.ts'
import type { Carrier } from './types.ts'

/** What was answered late holds for so long, or until it is heard again. */
const FRESH_MS = 10_000
/** What the kernel says to whom it does not let connect. */
const DENIED = /\bconnect E(?:ACCES|PERM)\b/
const OTHERS_MAY_WRITE = 0o002
const STICKY = 0o1000

/** Whom, and how. */
export interface AskingOptions {
  readonly client: Pick<RpcClient, 'call' | 'path'>
  readonly name: string
  /** How long an answer may take. */
  readonly askMs: number
  readonly clock: Clock
}

/**
 * Why nobody there is believed; "": he is. Whoever may make files beside a socket may stand in its place; where he may only make new ones
 * (/tmp), its owner tells.
 */
export async function whyNotBelieved(socket: string): Promise<string> {
  const folder = dirname(socket)
  const [around, itself] = await Promise.all([stat(folder), lstat(socket)].map((each) => each.catch(() => undefined)))
  if (around === undefined || (around.mode & OTHERS_MAY_WRITE) === 0) return ''
  // Where nothing stands there anybody may be who comes next.
  const isOurs = itself !== undefined && (itself.uid === 0 || itself.uid === process.getuid?.())
  return (around.mode & STICKY) !== 0 && isOurs
    ? ''
    : `others may write to ${folder}, and stand in the place of ${socket}`
}

/** What a failed ask says: that he cannot, or lets nobody in; else nobody knows. */
function failedFit(err: unknown, name: string): Fit {
  if (!(err instanceof RpcError)) return undefined
  const { code, details, path } = err
  if (code === 'UNIMPLEMENTED') return { refusal: `${name} does not know how to` }
  if (code !== 'UNAVAILABLE' || !DENIED.test(details)) return undefined
  const mend = deniedMend(path)
  return {
    refusal: lineOf(`no permission to connect to ${path}: ${deniedWords(path)}${mend === '' ? '' : `; ${mend}`}`),
  }
}

/** Asks whether he could. */
export interface Asking {
  /** Whether it could be done now; undefined: no answer came. Never rejects. */
  fit: Carrier['fit']
  /** What is done makes every answer an old one. */
  forget(): void
}

/** Nothing was answered yet. */
export function createAsking({ client, name, askMs, clock }: AskingOptions): Asking {
  let pending = new Map<string, Promise<Fit>>()
  let late = new Map<string, { readonly fit: Fit; readonly atMs: number }>()
  const patience = createPatience(clock)

  async function ask(act: Act, unrecorded: boolean): Promise<Fit> {
    const why = await whyNotBelieved(client.path)
    if (why !== '') return { refusal: why }
    try {
      const request = { act: toProtoAct(act), unrecorded }
      const { refusal, goingDown } = await client.call(ActionRunnerService.canRun, request, { timeoutMs: askMs })
      return { refusal: lineOf(refusal), ...(goingDown === true && { isGoingDown: true }) }
    } catch (err) {
      return failedFit(err, name)
    }
  }

  function begun(key: string, act: Act, isUnrecorded: boolean): Promise<Fit> {
    const going = pending.get(key)
    if (going !== undefined) return going
    // What is forgotten meanwhile has nothing of this answer.
    const [under, into] = [pending, late]
    const asked = ask(act, isUnrecorded).then((fit) => {
      under.delete(key)
      for (const [old, { atMs }] of into) if (clock.monotonicMs() - atMs > FRESH_MS) into.delete(old)
      if (fit !== undefined) into.set(key, { fit, atMs: clock.monotonicMs() })
      return fit
    })
    pending.set(key, asked)
    patience.begins(asked)
    return asked
  }

  return {
    async fit(act, isUnrecorded = false) {
      const key = JSON.stringify([act.strategy, act.target, act.parameters, isUnrecorded])
      const fit = await patience.wait(begun(key, act, isUnrecorded))
      const known = late.get(key)
      // It was heard in time, and counts once.
      if (fit !== undefined) late.delete(key)
      if (fit !== undefined || known === undefined) return fit
      return clock.monotonicMs() - known.atMs <= FRESH_MS ? known.fit : undefined
    },
    forget() {
      pending = new Map()
      late = new Map()
    },
  }
}
