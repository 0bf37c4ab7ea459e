/** 5: what the driver says that a GPU needs. Pure. */
import { failedIn, type Said } from '../../../judging/said.ts'
import { RECOVERIES, type RecoveryWord } from '../../../recoveries.ts'
import { type RecoveryAction, recoveryActionOf } from '../../../resets.ts'
import { type GpuRow, textIn, valueIn } from '../../../smi/rows.ts'
import type { GpuFacts } from '../memory.ts'
import type { GpuLook, Judged } from './look.ts'

const ID = 'reset-required'
const FIELD = 'gpu_recovery_action'
/** So many looks in a row have to read again what the driver asked for a reset in place of. */
export const ANSWERS = 2

interface Need extends RecoveryWord {
  readonly summary: string
}

const NEEDS: Readonly<Partial<Record<RecoveryAction, Need>>> = {
  'gpu-reset': { ...RECOVERIES['gpu-reset'], summary: 'is to be reset' },
  'node-reboot': { ...RECOVERIES['node-reboot'], summary: 'needs a reboot of the node' },
  'drain-p2p': { ...RECOVERIES['drain-p2p'], summary: 'is to be drained of its peers’ work' },
  'drain-and-reset': { ...RECOVERIES['drain-and-reset'], summary: 'is to be drained and reset' },
  'recover-imex': { ...RECOVERIES['recover-imex'], summary: 'needs its IMEX domain repaired' },
}

/** What a row says is to be done; undefined: it does not say, which is no word that nothing is. */
export function actionIn(row: GpuRow): RecoveryAction | undefined {
  if (row.asksForReset) return 'gpu-reset'
  const said = textIn(row, FIELD)
  return said === undefined ? undefined : recoveryActionOf(said)
}

/** Of a driver that asks for it in place of values, and has no word that nothing is to be done. */
function answeredSaid({ askedIn, answered = 0 }: GpuFacts): Said | undefined {
  if (askedIn === undefined) return undefined
  if (answered >= ANSWERS)
    return { id: ID, level: 'ok', message: 'the driver reads again what it asked for a reset in place of' }
  const message = `the driver does not ask for a reset any more; that it reads all of it again is to be seen in ${ANSWERS} looks`
  return { id: ID, level: 'waiting', reason: 'NotAnsweredYet', message }
}

function said(row: GpuRow, before: GpuFacts): Said | undefined {
  const action = actionIn(row)
  if (action === undefined) return answeredSaid(before) ?? failedIn(ID, FIELD, valueIn(row, FIELD))
  const need = NEEDS[action]
  if (action === 'none') return { id: ID, level: 'ok', message: 'the driver asks for nothing' }
  const word = row.asksForReset ? 'GPU requires reset' : (textIn(row, FIELD) ?? '')
  const message = `the driver says ${JSON.stringify(word)}`
  if (need === undefined)
    return { id: ID, level: 'unknown', reason: 'ValueFailed', message: `${message}, which is not known` }
  return { id: ID, level: 'bad', reason: 'DriverAsks', message, ...need }
}

/** 5. */
export function judgeResetRequired({ row }: GpuLook, before: GpuFacts): Judged {
  return { says: [said(row, before)] }
}
