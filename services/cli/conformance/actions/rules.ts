/** What is asked of a plug-in that carries out actions. */
import { AttemptOutcome } from '#proto/nodedoctor/v1/remediation.ts'
import { PLUGIN_NAME } from '../limits.ts'
import type { Outcome, Verdict } from '../types.ts'
import { counted, fail, failedWords, pass, quoted, skip, unless } from '../verdict.ts'
import type { ActionFacts, ActionRule, ActionRuns, HeardRun, LateRuns } from './types.ts'

const LINE_MAX = 1_024
const OUTPUT_MAX = 65_536
const MESSAGE_BYTES = 512 * 1024
const NOT_RUN = 'an action is done only where it is asked for: name one that does no harm with --runs NAME'

function ofAnswer<T>(what: string, outcome: Outcome<T>, judge: (value: T) => Verdict): Verdict {
  if (outcome.kind === 'answered') return judge(outcome.value)
  if (outcome.kind === 'not-asked') return skip(outcome.why)
  return fail(`${what} failed: ${failedWords(outcome)}`, `answer it at any time, also while an action runs`)
}

const ofRuns =
  (judge: (runs: ActionRuns) => Verdict) =>
  ({ runs }: ActionFacts): Verdict =>
    runs === undefined ? skip(NOT_RUN) : judge(runs)

function namesFault(names: readonly string[]): string | undefined {
  if (names.length === 0) return 'it declares no action'
  const wrong = names.find((name, index) => !PLUGIN_NAME.test(name) || names.indexOf(name) !== index)
  return wrong === undefined
    ? undefined
    : `it declares the action ${quoted(wrong)}, which is no name, or is there twice`
}

function endFault({ ended, error }: HeardRun): string | undefined {
  if (ended === undefined)
    return error === '' ? 'its stream ended without an end of the attempt' : `Run failed: ${error}`
  return undefined
}

function nameFault({ attempt, ended }: HeardRun): string | undefined {
  return ended?.attempt === attempt ? undefined : `its end names the attempt ${quoted(ended?.attempt ?? '')}`
}

/** The same attempt, told in the same words. */
function sameFault(one: HeardRun, other: HeardRun): string | undefined {
  const fault = endFault(other)
  if (fault !== undefined || one.ended === undefined || other.ended === undefined) return fault
  const { outcome, message } = one.ended
  return outcome === other.ended.outcome && message === other.ended.message
    ? undefined
    : `it ends as ${quoted(message)}, and then as ${quoted(other.ended.message)}`
}

function onceFault({ first, beside, later }: ActionRuns): string | undefined {
  if (first.joined !== false) return 'the first Run of an attempt does not say that it has begun, with "joined" false'
  if (beside.joined !== true) return 'a second Run beside it does not say that it joined the first'
  return later.joined === true ? undefined : 'a Run of an attempt that is over does not say that it joined'
}

function sizeFault(runs: ActionRuns): string | undefined {
  const { ended } = runs.beside
  if (ended === undefined) return undefined
  if (ended.message.length > LINE_MAX || /[\r\n]/.test(ended.message))
    return 'its message is no line of 1,024 characters'
  if (ended.output.length > OUTPUT_MAX) return `its output has ${ended.output.length} characters`
  return runs.beside.bytes > MESSAGE_BYTES ? `a message has ${runs.beside.bytes} bytes` : undefined
}

/** What it did of a run that is not to be begun any more; undefined: nothing. */
function begunFault({ joined, ended, error }: HeardRun, when: string): string | undefined {
  if (ended === undefined && error !== '' && joined === undefined) return `${when} Run failed: ${error}`
  const { DECLINED, LOST } = AttemptOutcome
  const isLeft = joined !== false && (ended?.outcome === DECLINED || ended?.outcome === LOST)
  return isLeft ? undefined : `${when} it is begun, and ends as ${quoted(ended?.message ?? '')}`
}

/** Of one that refuses the action itself nothing is learnt. */
const ofLateRuns = (judge: (late: LateRuns) => Verdict) =>
  ofRuns(({ can, late }) =>
    can.kind === 'answered' && can.value.refusal !== ''
      ? skip(`it is refused now: ${quoted(can.value.refusal)}`)
      : judge(late),
  )

const REMEMBER = 'keep each attempt by its name before it begins, and its end, also over a restart of yours'

/** All of them, in the order of the report. */
export const ACTION_RULES: readonly ActionRule[] = [
  {
    id: 'actions',
    level: 'must',
    why: 'Describe says which actions there are, each by a name of its own: `pluginAction` names one.',
    judge: ({ describe }) =>
      ofAnswer('Describe', describe, ({ actions }) =>
        unless(
          namesFault(actions.map(({ strategy }) => strategy)),
          'name each as "clear-cache" is, once',
          counted(actions.length, 'action'),
        ),
      ),
  },
  {
    id: 'action-unknown',
    level: 'must',
    why: 'CanRun of an action that there is not is refused in a line: who mistyped is to know, and it changes nothing.',
    judge: ({ stranger }) =>
      ofAnswer('CanRun', stranger, ({ refusal }) =>
        unless(
          refusal === ''
            ? 'an action that there cannot be could be done'
            : refusal.length > LINE_MAX
              ? 'it is refused in too many words'
              : undefined,
          'answer with a refusal, of 1,024 characters at most',
          quoted(refusal),
        ),
      ),
  },
  {
    id: 'action-join-unknown',
    level: 'must',
    why: 'A Run with `join` of an attempt that nobody knows begins nothing, and ends it as LOST: its caller was killed, and does not know.',
    judge: ({ unknown }) =>
      unless(
        endFault(unknown) ?? (unknown.ended?.outcome === AttemptOutcome.LOST ? undefined : 'it does not end as LOST'),
        'end it as LOST, and do nothing',
        'LOST',
      ),
  },
  {
    id: 'action-cancel-unknown',
    level: 'must',
    why: 'Cancel of an attempt that does not run answers that it did not: it is called off when its time was over, whatever came of it.',
    judge: ({ cancelled }) =>
      ofAnswer('Cancel', cancelled, ({ ran }) =>
        unless(ran ? 'it says that it ran' : undefined, 'answer with "ran" false', 'it did not run'),
      ),
  },
  {
    id: 'action-can-run',
    level: 'must',
    why: 'CanRun of an action that there is says that it could be done, or why not now.',
    judge: ofRuns(({ can }) =>
      ofAnswer('CanRun', can, ({ refusal }) =>
        refusal === '' ? pass('it could') : skip(`it is refused now: ${quoted(refusal)}`),
      ),
    ),
  },
  {
    id: 'action-run',
    level: 'must',
    why: 'Run brings the end of the attempt that it names, with an outcome.',
    judge: ofRuns(({ beside }) =>
      unless(
        endFault(beside) ??
          nameFault(beside) ??
          (beside.ended?.outcome === AttemptOutcome.UNSPECIFIED ? 'its end has no outcome' : undefined),
        'write `ended` as the last message, with the name of the attempt, within the deadline',
        quoted(beside.ended?.message ?? ''),
      ),
    ),
  },
  {
    id: 'action-once',
    level: 'must',
    why: 'An attempt is done once, whoever asks how often: a second Run joins the first, and one that comes later hears its end.',
    judge: ofRuns((runs) =>
      unless(
        onceFault(runs) ?? sameFault(runs.beside, runs.later) ?? sameFault(runs.beside, runs.joined),
        REMEMBER,
        'done once, told to four',
      ),
    ),
  },
  {
    id: 'action-outlives-caller',
    level: 'must',
    why: 'An attempt goes on when its caller is gone: he is started anew, and joins it.',
    judge: ofRuns(({ beside }) =>
      unless(endFault(beside), 'end nothing when a call is called off; only Cancel does', 'it went on'),
    ),
  },
  {
    id: 'action-called-off',
    level: 'must',
    why: 'What was called off before it came, or told to be LOST, is not begun when it comes: a Run and its Cancel may arrive in any order.',
    judge: ofLateRuns(({ calledOff, disowned }) =>
      unless(
        begunFault(calledOff, 'called off before it came,') ?? begunFault(disowned, 'told to be LOST before it came,'),
        'keep the names of both in memory, and end it as DECLINED',
        'it was not begun',
      ),
    ),
  },
  {
    id: 'action-late',
    level: 'must',
    why: 'A Run behind its `begin_by_ms` is not begun: who was stopped (SIGSTOP, a frozen cgroup) finds in his socket what was given up meanwhile.',
    judge: ofLateRuns(({ overdue, frozen }) =>
      unless(
        begunFault(overdue, 'behind its time') ??
          (frozen && begunFault(frozen, 'given up while the plug-in was stopped,')),
        'compare it with CLOCK_MONOTONIC right before you begin, and end it as DECLINED',
        frozen === undefined ? 'it was not begun; its process is not seen, and was not stopped' : 'it was not begun',
      ),
    ),
  },
  {
    id: 'action-size',
    level: 'must',
    why: 'A message is a line, output has at most 64 KiB and a message of the protocol 512 KiB: more is cut, or not taken at all.',
    judge: ofRuns((runs) =>
      unless(sizeFault(runs), 'keep the first and the last of what it wrote', 'as large as is taken'),
    ),
  },
]
