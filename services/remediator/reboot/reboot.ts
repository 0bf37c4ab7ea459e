/**
 * node-reboot: the node cordoned and drained, its problem looked at once more, and logind asked by host-actions, so that the kubelet has
 * its time. Whether it came to pass says the boot id (`proof.ts`). Nothing is asked for twice; what fails before that leaves no cordon.
 */
import type { Clock } from '#clock'
import type { Act } from '#model'
import { type DrainLook, drainRefusal, flagsOf } from '../acts/drain.ts'
import { createOutput, ended, fitOf, type Output } from '../acts/output.ts'
import { secondsOf } from '../acts/parameters.ts'
import type { ActEnd, Attempt, RemediatorAct } from '../acts/types.ts'
import type { ActEnded, Carrier } from '../carry/types.ts'
import { changeNode } from '../drain/change-node.ts'
import { DEADLINE_MS, type DrainCalls, drainNode, uncordonOurs } from '../drain/drain-node.ts'
import type { Fit } from '../gates/types.ts'
import type { LookAgain } from '../know/look-again.ts'
import { planRebooting } from './mark.ts'
import { BOOT_MS, mayCome, stepOf } from './steps.ts'

/** What it works with. */
export interface RebootOptions extends DrainLook {
  readonly client: DrainCalls & DrainLook['client']
  readonly clock: Clock
  /** Who asks logind: host-actions. */
  readonly host: Pick<Carrier, 'fit' | 'run'>
  /** Of this boot. */
  readonly bootId: string
  readonly lookAgain: LookAgain
  /** Journal time. */
  readonly nowMs: () => number
}

/** One run of it. */
interface Run extends RebootOptions {
  readonly attempt: Attempt
  readonly output: Output
}

/** Whoever asks logind has so long for it. */
const ASK_MS = 60_000
/** Of the attempt's time so much is for looking and asking. */
const REST_MS = 300_000
const DRAIN_MIN_MS = 60_000

async function canRun({ client, node, seen, host }: RebootOptions, act: Act, signal: AbortSignal): Promise<Fit> {
  const [drained, asked] = await Promise.all([fitOf(drainRefusal({ client, node, seen }, act, signal)), host.fit(act)])
  const refusal = [asked, drained].find((fit) => fit !== undefined && fit.refusal !== '')
  if (refusal !== undefined) return refusal
  return drained === undefined || asked === undefined ? undefined : { refusal: '' }
}

/** Takes our cordon off again, and ends. */
async function putBack(run: Run, outcome: 'declined' | 'failed', why: string): Promise<ActEnd> {
  const { client, clock, node, attempt, output } = run
  const { attempt: name, mode, onStep } = attempt
  const left = await uncordonOurs(client, clock, { node, attempt: name, mode, onStep, tell: output.tell })
  return output.end(outcome, left === '' ? why : `${why}; ${left}`)
}

/** Cordons, drains, and looks once more. undefined: it is to be asked for. */
async function prepare(run: Run): Promise<ActEnd | undefined> {
  const { client, clock, node, seen, lookAgain, output, attempt } = run
  const { attempt: name, act, mode, timeoutMs, problem, signal, onStep, mayDisturb } = attempt
  const drained = await drainNode(client, clock, {
    ...flagsOf(act),
    ...{ node, attempt: name, mode, seen: seen?.(), signal, onStep, mayEvict: mayDisturb, tell: output.tell },
    graceSeconds: secondsOf(act, 'gracePeriodMs'),
    deadlineMs: Math.min(DEADLINE_MS, Math.max(DRAIN_MIN_MS, timeoutMs - BOOT_MS - REST_MS)),
  })
  if (drained.kind !== 'drained') return output.end(drained.kind === 'refused' ? 'declined' : 'failed', drained.text)
  if (mode === 'dry-run') return output.end('succeeded', `${drained.text}; the machine would be rebooted`)
  await onStep('looking', problem.opening.fingerprint)
  const { word, text } = await lookAgain(problem.opening, signal)
  if (word === 'refuses') return putBack(run, 'declined', `the reboot was called off: ${text}`)
  if (word === 'not-known') return putBack(run, 'failed', `the reboot was called off: ${text}`)
  await onStep('looked', text)
  return undefined
}

/** The mark, and logind. @returns why it was not asked for; "": it was, or may have been */
async function ask({ client, node, seen, host, bootId, output, attempt }: Run): Promise<string> {
  const { attempt: name, act, problem, signal } = attempt
  try {
    const plan = (now: Parameters<typeof planRebooting>[0]) => planRebooting(now, name, bootId)
    const marked = await changeNode(client, { name: node, plan, isDryRun: false, signal, seen: seen?.() })
    if (marked.kind === 'refused') return marked.text
  } catch (err) {
    signal.throwIfAborted()
    return err instanceof Error ? err.message : String(err)
  }
  const order = { attempt: name, act, problem, deadlineMs: ASK_MS, onStep: () => Promise.resolve() }
  const said: ActEnded = await host.run(order, signal)
  output.tell(`host-actions: ${said.message}`)
  return said.outcome === 'succeeded' || said.outcome === 'lost' ? '' : said.message
}

/** Waits for this process to end with its boot. */
async function awaitBoot({ clock, nowMs, output, attempt }: Run, askedMs: number): Promise<ActEnd> {
  const leftMs = askedMs + BOOT_MS - nowMs()
  if (leftMs > 0) await clock.sleep(leftMs, attempt.signal)
  const message = `no other boot id within ${BOOT_MS / 60_000} min: a reboot was asked for, and the machine did not come up anew`
  return output.end('failed', message)
}

async function reboot(run: Run): Promise<ActEnd> {
  const { attempt, bootId, nowMs } = run
  const { before = [], onStep } = attempt
  if (stepOf(before, 'not-asked') !== undefined) return putBack(run, 'failed', 'the reboot was not asked for')
  const wasAsking = mayCome(before)
  const ended = wasAsking ? undefined : await prepare(run)
  if (ended !== undefined) return ended
  const askedMs = before.find(({ step }) => step === 'asking')?.atMs ?? nowMs()
  if (stepOf(before, 'asked') === undefined) {
    await onStep('asking', bootId)
    const why = await ask(run)
    // What an earlier process may have asked for may come, whatever is said now.
    if (why !== '' && !wasAsking) {
      await onStep('not-asked', why)
      return putBack(run, 'failed', `the reboot was not asked for: ${why}`)
    }
    if (why === '') await onStep('asked', bootId)
  }
  return awaitBoot(run, askedMs)
}

/** The act of this node. */
export function createRebootAct(options: RebootOptions): RemediatorAct {
  return {
    strategy: 'node-reboot',
    isDisruptive: () => true,
    canRun: (act, signal) => canRun(options, act, signal),
    run(attempt) {
      const output = createOutput()
      return ended(attempt, output, reboot({ ...options, attempt, output }))
    },
  }
}
