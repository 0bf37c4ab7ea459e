/** 34 to 36, 39, 44: how a GPU is set up. Pure. */
import { failedIn, type Said } from '../../../judging/said.ts'
import { type GpuRow, textIn, valueIn } from '../../../smi/rows.ts'
import type { GpuFacts } from '../memory.ts'
import type { GpuLook, Judged } from './look.ts'
import { DATA_CENTRE } from './memory-errors.ts'

const bad = (id: string) => ({ id, level: 'bad', severity: 'warning' }) as const

/** Many machines have it off all their life: only one that was on in this boot is missed. */
function persistence(row: GpuRow, before: GpuFacts): Judged {
  const id = 'persistence-mode'
  const said = textIn(row, 'persistence_mode')
  if (said === undefined) return { says: [failedIn(id, 'persistence_mode', valueIn(row, 'persistence_mode'))] }
  if (said === 'Enabled')
    return { says: [{ id, level: 'ok', message: 'persistence mode on' }], facts: { hadPersistence: true } }
  if (before.hadPersistence !== true) return { says: [{ id, level: 'ok', message: 'persistence mode off' }] }
  const message = 'persistence mode was on in this boot, and is off; see nvidia-persistenced'
  const words = { reason: 'PersistenceModeOff', message, summary: 'persistence mode is off' }
  return { says: [{ ...bad(id), action: 'restart-service', ...words }] }
}

function mig(row: GpuRow): Said | undefined {
  const id = 'mig-mode'
  const [now, next] = [textIn(row, 'mig.mode.current'), textIn(row, 'mig.mode.pending')]
  if (now === undefined || next === undefined)
    return (
      failedIn(id, 'mig.mode.current', valueIn(row, 'mig.mode.current')) ??
      failedIn(id, 'mig.mode.pending', valueIn(row, 'mig.mode.pending'))
    )
  if (now === next) return { id, level: 'ok', message: `MIG ${now}` }
  const message = `MIG is ${now}, and will be ${next} after the next reset`
  return {
    ...bad(id),
    action: 'reset-device',
    reason: 'MigModePending',
    message,
    summary: 'MIG changes with the next reset',
  }
}

function gsp(row: GpuRow): Said | undefined {
  const id = 'gsp-mode'
  const [now, usual] = [textIn(row, 'gsp.mode.current'), textIn(row, 'gsp.mode.default')]
  if (now === undefined || usual === undefined)
    return failedIn(id, 'gsp.mode.current', valueIn(row, 'gsp.mode.current'))
  if (now !== 'Disabled' || usual !== 'Enabled') return { id, level: 'ok', message: `GSP ${now}` }
  const message = 'GSP firmware is off, and by default it is on; see NVreg_EnableGpuFirmware of the module'
  return { ...bad(id), action: 'restart-service', reason: 'GspOff', message, summary: 'GSP firmware is off' }
}

function computeMode(row: GpuRow): Said | undefined {
  const id = 'compute-mode'
  const said = textIn(row, 'compute_mode')
  if (said === undefined) return failedIn(id, 'compute_mode', valueIn(row, 'compute_mode'))
  if (!/^(?:Default|Exclusive_(?:Process|Thread)|Prohibited)$/.test(said))
    return {
      id,
      level: 'unknown',
      reason: 'ValueFailed',
      message: `nvidia-smi says ${JSON.stringify(said)} of compute_mode`,
    }
  if (said !== 'Prohibited') return { id, level: 'ok', message: `compute mode ${said}` }
  const message = 'compute mode is Prohibited: no program may use it; set it back (nvidia-smi -c 0)'
  return {
    ...bad(id),
    action: 'restart-service',
    reason: 'ComputeProhibited',
    message,
    summary: 'no program may use it',
  }
}

/** Which version most GPUs of the same name have; of two that are as many the one that sorts later. */
function usualVersion(versions: readonly string[]): string | undefined {
  const counts = new Map<string, number>()
  for (const one of versions) counts.set(one, (counts.get(one) ?? 0) + 1)
  return [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? 1 : -1))[0]?.[0]
}

function vbios({ row, all }: GpuLook): Said | undefined {
  const id = 'uniformity'
  const own = textIn(row, 'vbios_version')
  if (own === undefined) return failedIn(id, 'vbios_version', valueIn(row, 'vbios_version'))
  // Cards of one name from two makers of boards differ all their life.
  if (!DATA_CENTRE.test(row.name)) return { id, level: 'ok', message: `VBIOS ${own}` }
  const alike = all.filter(({ name }) => name === row.name)
  const usual = usualVersion(alike.map((one) => textIn(one, 'vbios_version')).filter((one) => one !== undefined))
  if (usual === undefined || usual === own) return { id, level: 'ok', message: `VBIOS ${own}` }
  const message = `VBIOS ${own}, and other GPUs of this kind have ${usual}`
  return { ...bad(id), reason: 'VbiosDiffers', message, summary: 'its VBIOS is another one' }
}

/** All of them. */
export function judgeSettings(look: GpuLook, before: GpuFacts): Judged {
  const { says, facts } = persistence(look.row, before)
  return { says: [...says, mig(look.row), gsp(look.row), computeMode(look.row), vbios(look)], ...(facts && { facts }) }
}
