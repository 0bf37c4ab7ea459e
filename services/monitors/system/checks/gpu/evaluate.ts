/** What the driver's state says of the node. Pure. */
import type { Finding } from '#monitor-kit'
import { isGivenAway, type PciGpu, type Reading, unknownFinding } from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import type { DriverState } from './source.ts'

const TYPE = 'GPUDriverFailed'

/** What one check keeps for the next. */
export interface DriverMemory {
  /** The driver was loaded here before, in whichever boot. */
  readonly wasLoaded: boolean
  /** Since when it is not there though it should be, on the clock that nobody sets; undefined: it is there. */
  readonly missingSinceMs: number | undefined
}

export const FIRST_DRIVER: DriverMemory = { wasLoaded: false, missingSinceMs: undefined }

/** A look, and when it was made on that clock. */
export interface DriverLook {
  readonly state: Reading<DriverState>
  readonly nowMs: number
}

const placesOf = (gpus: readonly PciGpu[]): string => gpus.map(({ place }) => place).join(', ')

function well(reason: string, message: string): Finding {
  return { type: TYPE, health: 'healthy', reason, message }
}

/** What is missing, in words; undefined: nothing is. */
function faultOf(own: readonly PciGpu[], state: DriverState) {
  const others = own.filter(({ driver }) => driver === 'nouveau')
  if (others.length > 0)
    return {
      reason: 'NouveauLoaded',
      message: `nouveau drives the GPU at ${placesOf(others)}, so that the driver of NVIDIA cannot; keep nouveau from being loaded (modprobe.d: blacklist nouveau) and reboot`,
      summary: 'nouveau has the GPU',
      action: 'reboot-node',
    } as const
  const beside = state.isNouveauLoaded ? '; nouveau is loaded, which keeps it away' : ''
  if (state.version === undefined)
    return {
      reason: 'DriverNotLoaded',
      message: `the driver of NVIDIA is not loaded, and there is a GPU at ${placesOf(own)}${beside}; until it is no pod of the runtime nvidia starts`,
      summary: 'GPU driver is not loaded',
      action: 'restart-service',
    } as const
  const undriven = own.filter(({ driver }) => driver === undefined)
  if (undriven.length === 0) return undefined
  return {
    reason: 'DriverNotBound',
    message: `the driver of NVIDIA (${state.version || 'version unknown'}) is loaded and has not taken the GPU at ${placesOf(undriven)}; the kernel log says why`,
    summary: 'GPU without a driver',
    action: 'reboot-node',
  } as const
}

function judged(state: DriverState, config: Config, { wasLoaded, missingSinceMs }: DriverMemory, nowMs: number) {
  const own = state.gpus.filter((gpu) => !isGivenAway(gpu))
  const given = state.gpus.length - own.length
  if (own.length === 0)
    return given > 0
      ? well('GivenAway', `each GPU of NVIDIA is given to virtual machines: ${given}`)
      : well('NoGPU', 'there is no GPU of NVIDIA')
  const fault = faultOf(own, state)
  if (fault === undefined)
    return well(
      'DriverLoaded',
      `the driver of NVIDIA ${state.version || '(version unknown)'} has ${own.length} of ${own.length} GPUs`,
    )
  const isExpected = config.driverIsExpected === 'always' || wasLoaded || own.some(({ kind }) => kind === 'compute')
  if (!isExpected)
    return well(
      'DriverNotExpected',
      `the GPU at ${placesOf(own)} drives screens, and the driver of NVIDIA was never loaded here`,
    )
  const limitMs = config.sustainedMissingMinutes * 60_000
  const lastsMs = nowMs - (missingSinceMs ?? nowMs)
  if (lastsMs < limitMs) return { ...well(fault.reason, fault.message), pending: true }
  return { type: TYPE, health: 'problem', severity: 'critical', ...fault } as const
}

/** @returns the finding, and what the next look is to know */
export function evaluateDriver({ state, nowMs }: DriverLook, config: Config, memory: DriverMemory) {
  if (!state.ok) return { findings: [unknownFinding(TYPE, state)], memory }
  const { value } = state
  const own = value.gpus.filter((gpu) => !isGivenAway(gpu))
  const isMissing = own.length > 0 && faultOf(own, value) !== undefined
  const next: DriverMemory = {
    wasLoaded: memory.wasLoaded || value.version !== undefined,
    missingSinceMs: isMissing ? (memory.missingSinceMs ?? nowMs) : undefined,
  }
  return { findings: [judged(value, config, next, nowMs) satisfies Finding], memory: next }
}
