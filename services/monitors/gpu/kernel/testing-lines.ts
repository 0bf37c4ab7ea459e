/** Lines as the driver and the kernel write them, for tests; made up by hand. */

/** Where a GPU is. */
export const PLACE = '0000:83:00'

/** Who does it, as the kernel calls it. */
export interface XidLine {
  readonly place?: string
  readonly pid?: number
  readonly name?: string
  readonly text?: string
  /** "GPU-I:05 GPU-CI:00" */
  readonly mig?: string
}

/** An XID. */
export function xid(code: number, { place = PLACE, pid = 4242, name = 'python3', text, mig }: XidLine = {}): string {
  const part = mig === undefined ? '' : ` ${mig}`
  return `NVRM: Xid (PCI:${place}${part}): ${code}, pid=${pid}, name=${name}, ${text ?? 'Ch 00000010'}`
}

/** XID 154, to an action by its number. */
export function recovery(to: number, place = PLACE): string {
  const words = ['None', 'GPU Reset Required', 'Node Reboot Required', 'Drain P2P', 'Drain and Reset', 'Recover IMEX']
  const text = `GPU recovery action changed from 0x0 (None) to 0x${to.toString(16)} (${words[to] ?? 'Other'})`
  return `NVRM: Xid (PCI:${place}): 154, pid='<unknown>', name=<unknown>, ${text}`
}

/** An engine exception of a unit. */
export function engine(program: number, tpc = 1): string {
  return xid(13, {
    pid: program,
    name: `program-${program}`,
    text: `Graphics SM Warp Exception on (GPC 0, TPC ${tpc}, SM 0): Out Of Range Address`,
  })
}

export const LOADED = 'NVRM: loading NVIDIA UNIX x86_64 Kernel Module  590.48.01  Mon Dec  8 13:05:00 UTC 2025'
export const FALLEN = [
  'NVRM: The NVIDIA GPU 0000:83:00.0',
  'NVRM: (PCI ID: 10de:2335) installed in this system has',
  'NVRM: fallen off the bus and is not responding to commands.',
] as const
export const MISMATCH = [
  "NVRM: API mismatch: the client 'nvidia-smi' (pid 4242)",
  'NVRM: has the version 590.48.01, but this kernel module has',
  'NVRM: the version 570.86.15.  Please make sure that this kernel module and all components have the same version.',
] as const
