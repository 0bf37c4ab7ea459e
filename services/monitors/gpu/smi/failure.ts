/** What nvidia-smi means where it ends without an answer. Pure. */
import { placeOf } from '../cards/pci.ts'

/** Why there is no answer. */
export type SmiFailure =
  /** It has no way to the driver: not loaded, no device file. */
  | { readonly kind: 'no-driver' }
  /** Its library and the kernel module are of two versions. */
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'no-devices' }
  /** One GPU that the driver lost keeps all others from answering. */
  | { readonly kind: 'lost'; readonly place: string | undefined }
  | { readonly kind: 'unknown-field'; readonly name: string }
  /** The container may not open the devices any more. */
  | { readonly kind: 'devices-denied' }
  | { readonly kind: 'library-missing' }
  | { readonly kind: 'other' }

/** NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is … */
const NO_DRIVER = /couldn't communicate with the NVIDIA driver|Driver Not Loaded|kernel module .* not loaded/i
/** Failed to initialize NVML: Driver/library version mismatch */
const MISMATCH = /driver\/library version mismatch/i
/** NVIDIA-SMI couldn't find libnvidia-ml.so library in your system. */
const NO_LIBRARY = /couldn't find libnvidia-ml|libnvidia-ml\.so[.\d]*: cannot open/i
/** Failed to initialize NVML: Unknown Error */
const DENIED = /failed to initialize NVML: (?:unknown error|insufficient permissions)/i
/** No devices were found */
const NO_DEVICES = /^No devices were found/im
/** Unable to determine the device handle for GPU 0000:83:00.0: GPU is lost.  Reboot the system to recover this GPU */
const LOST = /Unable to determine the device handle for (?:GPU ?(?:\d{1,3}: )?)?([0-9a-f:.]+): /i
const LOST_ALONE = /GPU is lost/i
/** Field "fabric.state" is not a valid field to query. */
const FIELD = /Field "([\w.]{1,100})" is not a valid field/i

/** What its words mean. @param text all that it printed */
export function failureOf(text: string): SmiFailure {
  const said = text.slice(0, 65_536)
  const field = FIELD.exec(said)?.[1]
  if (field !== undefined) return { kind: 'unknown-field', name: field }
  if (MISMATCH.test(said)) return { kind: 'mismatch' }
  const lost = LOST.exec(said)
  if (lost !== null) return { kind: 'lost', place: placeOf(lost[1] ?? '') }
  if (LOST_ALONE.test(said)) return { kind: 'lost', place: undefined }
  if (DENIED.test(said)) return { kind: 'devices-denied' }
  if (NO_LIBRARY.test(said)) return { kind: 'library-missing' }
  if (NO_DRIVER.test(said)) return { kind: 'no-driver' }
  return { kind: NO_DEVICES.test(said) ? 'no-devices' : 'other' }
}
