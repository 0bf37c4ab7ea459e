/** 5: what the driver says that a GPU needs. Pure. */
import { failedIn, type Said } from '../../../judging/said.ts'
import { RECOVERIES, type RecoveryWord } from '../../../recoveries.ts'
import { type RecoveryAction, recoveryActionOf } from '../../../resets.ts'
import { type GpuRow, textIn, valueIn } from '../../../smi/rows.ts'
import type { GpuLook, Judged } from './look.ts'

const ID = 'reset-required'
const FIELD = 'gpu_recovery_action'

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

function said(row: GpuRow): Said | undefined {
  const action = actionIn(row)
  if (action === undefined) return failedIn(ID, FIELD, valueIn(row, FIELD))
  const need = NEEDS[action]
  if (action === 'none') return { id: ID, level: 'ok', message: 'the driver asks for nothing' }
  const word = row.asksForReset ? 'GPU requires reset' : (textIn(row, FIELD) ?? '')
  const message = `the driver says ${JSON.stringify(word)}`
  if (need === undefined)
    return { id: ID, level: 'unknown', reason: 'ValueFailed', message: `${message}, which is not known` }
  return { id: ID, level: 'bad', reason: 'DriverAsks', message, ...need }
}

/** 5. */
export function judgeResetRequired({ row }: GpuLook): Judged {
  return { says: [said(row)] }
}
