/** Names that have to be answered, and alike. Pure. */
import type { Finding } from '#monitor-kit'
import { type Unobserved, unknownFinding, unobserved } from '#monitor-kit/evaluate'
import {
  extendStanding,
  NO_STANDING,
  type RoundOutcome,
  type Stand,
  type Standing,
  standOf,
} from '../../probing/standing.ts'
import { pendingFinding, unjudged } from '../../probing/words.ts'
import type { Config } from './config.ts'
import type { WholeStanding } from './judge-side.ts'
import { limitsOf } from './limits.ts'
import { nameEntity } from './memory.ts'
import { isLate, type Question, type Row, unaskedIn } from './questions.ts'

/** Who is named of many. */
const NAMED_MAX = 4
/** Of a long record its beginning. */
const SHOWN_MAX = 80

/** What was found, as much as people read. */
function shown(found: readonly string[]): string {
  const text = found.slice(0, NAMED_MAX).join(', ')
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text
}

export interface NameVerdict {
  readonly entity: string
  readonly standing: Standing
  readonly finding: Finding
}

interface NameAround {
  readonly config: Config
  /** How DNS as a whole has stood, and whether it answered in this round. */
  readonly whole: WholeStanding
}

const WHOLE_DOWN: Unobserved = unobserved('DNSDown', 'DNS as a whole does not answer, so no name is accused')

/** Nothing is said of a name while DNS as a whole is to blame, or may be. */
function blamedOnWhole(type: string, entity: string, { whole }: NameAround): Finding | undefined {
  if (whole.isDown) return unknownFinding(type, WHOLE_DOWN, entity)
  if (!whole.isFailing) return undefined
  const message = 'not known: DNS as a whole did not answer in this round'
  return { type, entity, health: 'healthy', pending: true, reason: 'NotJudged', message }
}

/** A server that answers nothing at all says nothing of a name. */
function tellingRows(rows: readonly Row[], sideRows: readonly Row[]): readonly Row[] {
  const answering = new Set(sideRows.filter(({ rcode }) => rcode !== '').map(({ server }) => server))
  return rows.filter(({ server, outcome }) => outcome !== 'unjudged' && answering.has(server))
}

/** What does not fit a datagram is there. */
function isFound({ found, isCut, rcode }: Row, { isNameEnough = false }: Question): boolean {
  return found.length > 0 || (rcode === 'NOERROR' && (isCut || isNameEnough))
}

/** Of a name that one does not know another may: where nobody knows what that would have said, nobody is accused. */
function outcomeOf(telling: readonly Row[], rows: readonly Row[], question: Question): RoundOutcome {
  if (telling.some((row) => isFound(row, question))) return 'well'
  return telling.length === 0 || rows.some(isLate) ? 'unjudged' : 'failed'
}

const REASONS: Readonly<Record<string, string>> = {
  NXDOMAIN: 'NoSuchName',
  REFUSED: 'NameRefused',
  NOERROR: 'NoSuchRecord',
}
const WORDS: Readonly<Record<string, string>> = {
  NXDOMAIN: 'there is no such name',
  REFUSED: 'nobody wants to say',
  NOERROR: 'there is no such record',
}

/** What all of them say, or that it fails. */
function reasonOf(telling: readonly Row[]): string {
  const rcodes = new Set(telling.map(({ rcode }) => rcode))
  const [rcode = ''] = rcodes
  return rcodes.size === 1 ? (REASONS[rcode] ?? 'NameFails') : 'NameFails'
}

function failingMessage(telling: readonly Row[], question: Question): string {
  const said = [...new Set(telling.map(({ said }) => said))].slice(0, NAMED_MAX).join('; ')
  const [first] = telling
  const what = reasonOf(telling) === 'NameFails' ? 'it fails' : (WORDS[first?.rcode ?? ''] ?? 'it fails')
  const plain = nameEntity({ ...question, type: 'A' }).slice('name:'.length)
  return `no ${question.type} of ${plain}: ${what} (${said})`
}

/** The finding of what lasts, by how it stands. */
function lasting(
  type: string,
  entity: string,
  rows: readonly Row[],
  standing: Standing,
  stand: Stand,
  needed: number,
  message: string,
) {
  if (stand === 'late') return unknownFinding(type, unjudged(unaskedIn(rows)), entity)
  if (stand === 'waiting') return pendingFinding({ type, entity }, standing)
  if (stand === 'lasting') return pendingFinding({ type, entity, message }, standing, needed)
  return undefined
}

/** Whether a name has an answer, of whoever answers anything. */
export function judgeFailing(
  question: Question,
  rows: readonly Row[],
  sideRows: readonly Row[],
  before: Standing = NO_STANDING,
  around: NameAround,
): NameVerdict {
  const { config } = around
  const type = 'DNSNameFailing'
  const entity = nameEntity(question)
  const blamed = blamedOnWhole(type, entity, around)
  if (blamed !== undefined) return { entity, standing: before, finding: blamed }
  const limits = { ...limitsOf(config), failureRatio: 2 }
  const telling = tellingRows(rows, sideRows)
  const standing = extendStanding(before, outcomeOf(telling, rows, question), [], limits)
  const stand = standOf(standing, limits)
  const found = telling.find((row) => row.found.length > 0)?.found
  const there = found === undefined ? 'it is there' : shown(found)
  const message = stand === 'well' ? there : failingMessage(telling, question)
  const early = lasting(type, entity, rows, standing, stand, limits.needed, message)
  if (early !== undefined) return { entity, standing, finding: early }
  const finding: Finding =
    stand === 'well'
      ? { type, entity, health: 'healthy', reason: 'NameAnswered', message }
      : {
          type,
          entity,
          health: 'problem',
          severity: 'warning',
          reason: reasonOf(telling),
          message,
          summary: `${entity.slice('name:'.length)} is not resolved`,
        }
  return { entity, standing, finding }
}

/** What each nameserver said last, of those that know: "nothing" where there is no such name or record. What was cut is no answer. */
function answersBy(rows: readonly Row[]): ReadonlyMap<string, string> {
  const knowing = rows.filter(({ rcode, isCut }) => !isCut && (rcode === 'NOERROR' || rcode === 'NXDOMAIN'))
  return new Map(knowing.map(({ server, found }) => [server, found.length === 0 ? 'nothing' : found.join(', ')]))
}

function notJudged(entity: string, standing: Standing, why: string): NameVerdict {
  const message = `not known: ${why}`
  const base = { type: 'DNSAnswersDiffer', entity, health: 'healthy', pending: true } as const
  return { entity, standing, finding: { ...base, reason: 'NotJudged', message } }
}

/** Whether all nameservers say the same of a name. */
export function judgeDiffering(
  question: Question,
  rows: readonly Row[],
  sideRows: readonly Row[],
  before: Standing = NO_STANDING,
  around: NameAround,
): NameVerdict {
  const { config } = around
  const type = 'DNSAnswersDiffer'
  const entity = nameEntity(question)
  const blamed = blamedOnWhole(type, entity, around)
  if (blamed !== undefined) return { entity, standing: before, finding: blamed }
  const limits = { ...limitsOf(config), failureRatio: 2 }
  const answers = answersBy(rows)
  if (answers.size === 0 && rows.some(({ outcome }) => outcome !== 'unjudged')) {
    return notJudged(entity, before, 'no nameserver says anything of it')
  }
  const differ = new Set(answers.values()).size > 1
  const asked = new Set(sideRows.filter(({ isOutOfReach }) => !isOutOfReach).map(({ server }) => server))
  // One alone agrees with himself: that proves nothing of the others.
  if (!differ && answers.size === 1 && asked.size > 1)
    return notJudged(entity, before, 'one nameserver alone says something of it')
  const standing = extendStanding(before, answers.size === 0 ? 'unjudged' : differ ? 'failed' : 'well', [], limits)
  const stand = standOf(standing, limits)
  const said = Array.from(answers, ([server, answer]) => `${server} says ${shown([answer])}`)
    .slice(0, NAMED_MAX)
    .join('; ')
  const early = lasting(type, entity, rows, standing, stand, limits.needed, said)
  if (early !== undefined) return { entity, standing, finding: early }
  const finding: Finding =
    stand === 'well'
      ? { type, entity, health: 'healthy', reason: 'AnswersAgree', message: said }
      : {
          type,
          entity,
          health: 'problem',
          severity: 'warning',
          reason: 'AnswersDiffer',
          message: said,
          summary: `nameservers say different things of ${entity.slice('name:'.length)}`,
        }
  return { entity, standing, finding }
}
