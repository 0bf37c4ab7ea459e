/** 16: memory that is to be repaired, or cannot be. Pure. */
import type { Said } from '../../../judging/said.ts'
import type { FabricLook } from './look.ts'

const ID = 'repair'
const SECTION = 'ECC Errors'

/** What each line of `nvidia-smi -q` means where it says Yes, the worst first. */
const LINES = [
  {
    key: 'Unrepairable Memory',
    severity: 'critical',
    action: 'replace-hardware',
    reason: 'UnrepairableMemory',
    message: 'its memory cannot be repaired',
  },
  {
    key: 'Channel Repair Pending',
    severity: 'error',
    action: 'reset-device',
    reason: 'ChannelRepairPending',
    message: 'a channel of its memory is repaired by the next reset',
  },
  {
    key: 'TPC Repair Pending',
    severity: 'error',
    action: 'reset-device',
    reason: 'TPCRepairPending',
    message: 'a TPC is repaired by the next reset',
  },
] as const

/** Nothing where the driver says nothing of any of them. */
export function judgeRepair({ card, reading }: FabricLook): readonly (Said | undefined)[] {
  const values = reading.details?.get(card.place)?.values
  const says = LINES.map((line) => ({ ...line, word: values?.get(`${SECTION}/${line.key}`) }))
  const bad = says.find(({ word }) => word === 'Yes')
  if (bad !== undefined) {
    const { severity, action, reason, message } = bad
    return [{ id: ID, level: 'bad', severity, action, reason, message, summary: message }]
  }
  const isWell = says.some(({ word }) => word === 'No')
  return isWell ? [{ id: ID, level: 'ok', message: 'nothing waits to be repaired' }] : []
}
