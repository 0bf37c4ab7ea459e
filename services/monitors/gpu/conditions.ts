/** Condition types of this monitor, as people read them: one for each; a check lists those that it speaks of. Pure. */
import type { ConditionSpec } from '#monitor-kit'

/** Columns: type, description, label, healthyReason, healthyMessage, source, warning, critical, sustained, recoveryText. */
const TABLE = `
GPUHealthy|Whether all GPUs of the node are well: a problem where any check of this monitor finds an error that is acted on|GPUs not healthy|GPUIsHealthy|all GPUs are well|every other condition of this monitor|none|an error, or a critical problem, of any condition below that is acted on|as of what it says|2 looks in a row find none of them
GPUHung|nvidia-smi does not answer, or a process of the driver is stuck in the kernel|GPU hung|GPUAnswers|nvidia-smi answers|nvidia-smi within 10 s; /proc/<pid>/stat|3 deadlines missed, and nvidia-smi ends when it is asked to; or it answers, and a program that is called as one of the driver is in uninterruptible sleep for 5 looks|3 deadlines missed without an end|3 checks in a row; 5 checks in a row|2 answers in a row, and nothing is stuck
GPUDriverFailed|The driver of the GPUs is not loaded, is not reached, or is of another version than its library|GPU driver failed|DriverLoaded|the driver is loaded and answers|/sys/module/nvidia, PCI, nvidia-smi, the kernel’s log|a program with a library of another version|not loaded, not reached, the node’s library of another version than the module, or nouveau has a GPU|not loaded, or nouveau: 5 minutes (sustainedMissingMinutes); a library that is older than the module: 3 checks in a row; else at once|2 looks in a row reach it; of the kernel’s log: not told for 10 min, or the driver loaded
GPUMissing|There are fewer GPUs than there were, than are expected, or than PCI has; or the driver lost one|{entity} missing|GPUPresent|the GPU is there|nvidia-smi, /sys/bus/pci/devices, expectedGpus|none|not there; from the third time in 3 days on it is to be replaced|2 checks in a row; lost: at once|2 looks in a row find it, or a person says that there are fewer
GPUResetRequired|The driver says that a GPU is to be reset, or the node|{entity} reset required|NoResetRequired|the driver asks for nothing|gpu_recovery_action, "[GPU requires reset]"|the GPU is to be drained, or IMEX repaired|the GPU is to be reset, or the node|at once|2 looks in a row, or XID 154, say that it needs nothing; a reboot, or a person’s word
GPUXidError|The driver of a GPU, or of an NVSwitch, told an error by its number|{entity} XID|NoXid|no XID was told|the kernel’s log|as the catalogue says|as the catalogue says|at once|a reset is proven, the node was rebooted, or a person says so
GPUMemoryErrors|The memory of a GPU has errors that are not corrected, too many that are, or is to be repaired|{entity} memory errors|MemoryWell|the memory of the GPU is well|ecc.* of nvidia-smi, retired_pages.*, inforom.checksum_validation|corrected errors, ECC off, InfoROM corrupt|an uncorrectable error; more of SRAM than a card may have; 60 pages retired|at once|none new after a proven reset, a reboot, or a person’s word; what is not said any more in 2 looks
GPURowRemap|Rows of the memory of a GPU are to be remapped, could not be, or spare ones run out|{entity} row remap|RowsWell|no row waits to be remapped|remapped_rows.* of nvidia-smi|spare rows run out|a row could not be remapped|at once|2 looks in a row find none of it
GPUTemperatureHigh|A GPU, or its memory, is hot|{entity} hot|GPUIsCool|the GPU is cool enough|temperature.gpu, temperature.gpu.tlimit, temperature.memory|above 85 °C (temperature_threshold), or 5 °C or less to its limit|at its limit|3 checks in a row|2 looks in a row find it below
GPUThrottled|Hardware slows a GPU down because of heat or power, or it is slower than its peers|{entity} throttled|ClocksFree|nothing slows the GPU down|clocks_event_reasons.*, their counters, clocks.current.sm|software slows it down because of heat; it is slower than peers|hardware slows it down, or did for 10 % of the time|2 checks in a row|2 looks in a row find it free
GPUPowerLimited|The power of a GPU cannot be read any more, or its limit is below its default|{entity} power limited|PowerWell|the power of the GPU is as it should be|power.draw.instant, enforced.power.limit, power.default_limit|the limit is below the default|the power cannot be read any more|2 checks in a row|2 looks in a row find it well
GPUPCIeDegraded|The PCIe link of a GPU has fewer lanes, is slower than it could be, or has errors|{entity} PCIe degraded|PCIeWell|the PCIe link is as good as it can be|pcie.link.* of nvidia-smi, max_link_width of the slot in sysfs|errors that were corrected; fewer lanes where the slot is not shown|fewer lanes than the slot has, or a lower generation than card and host can, both under load; a fatal error|2 checks in a row|2 looks in a row find it well; of a fatal error a proven reset, a reboot, or a person’s word
GPUNVLinkDown|NVLinks of a GPU are down or have errors, or it does not reach its peers|{entity} NVLink down|NVLinksUp|all NVLinks are up|nvidia-smi nvlink -s, nvlink -e, topo -p2p n|errors|fewer links than before, or than at peers|2 checks in a row|2 looks in a row find all links
GPUFabricFailed|The fabric of the NVSwitches is not there, or not well|GPU fabric failed|FabricWell|the fabric is well|fabric.* of nvidia-smi, nvidia-fabricmanager, nvidia-imex|degraded|not joined 5 min after the boot, or its manager does not run|2 checks in a row|2 looks in a row find it well
GPUMemoryPressure|The memory of a GPU is nearly full, which is only told, or held by no living process|{entity} memory pressure|MemoryFree|the memory of the GPU is free enough|memory.used, memory.total, nvidia-smi --query-compute-apps, nvidia-smi -q|above 95 % (memory_threshold), told alone|held by no living process|5 checks in a row for memory that nobody holds; above the limit at once|2 looks in a row find it below
GPUMisconfigured|A GPU is not set up as it should be|{entity} misconfigured|ConfiguredWell|the GPU is set up as it should be|persistence_mode, mig.mode.*, gsp.mode.*, compute_mode, vbios_version|a mode that is off, is to change, or lets no program in|none|at once|2 looks in a row find it well
`

/** Where status True says that all is well. */
const TRUE_IS_WELL: readonly string[] = ['GPUHealthy']

function specOf(line: string): ConditionSpec {
  const [type = '', description = '', label = '', healthyReason = '', healthyMessage = '', ...rest] = line.split('|')
  const [source = '', warning = '', critical = '', sustained = '', recoveryText = ''] = rest
  const words = {
    description,
    label,
    healthyReason,
    healthyMessage,
    source,
    warning,
    critical,
    sustained,
    recoveryText,
  }
  // Several checks say it, and `system-gpu` of another monitor: of one condition the worst word counts.
  const common = { type, shared: true, ...words }
  return TRUE_IS_WELL.includes(type) ? { ...common, polarity: 'true-is-healthy' } : common
}

/** Every condition of this monitor, by type. */
export const CONDITIONS: ReadonlyMap<string, ConditionSpec> = new Map(
  TABLE.trim()
    .split('\n')
    .map((line) => {
      const spec = specOf(line)
      return [spec.type, spec]
    }),
)

/** Those that a check speaks of. @throws RangeError for one that is none of this monitor */
export function conditionsOf(...types: readonly string[]): readonly ConditionSpec[] {
  return types.map((type) => {
    const spec = CONDITIONS.get(type)
    if (spec === undefined) throw new RangeError(`there is no condition ${type}`)
    return spec
  })
}
