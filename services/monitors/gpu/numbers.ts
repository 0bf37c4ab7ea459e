/** The numbered checks of this monitor as data: what is looked at, where, and what follows. Pure. docs/gpu-checks.md is made of it. */
import type { Action, Severity } from '#model'

/** The checks of this monitor, and the one of the system monitor that needs no software of NVIDIA. */
export type GpuCheck = 'gpu-health-check' | 'gpu-kernel-log' | 'gpu-fabric-check'

/** Whether what a check finds is told, and acted on. */
export type Mode = 'off' | 'observe' | 'act'

/** One numbered check. Two of one number are two things that are looked at, with a mode each. */
export interface NumberedCheck {
  /** 1 to 44. */
  readonly number: number
  /** Key of `modes` in the configuration of its check. */
  readonly id: string
  /** What is looked at, for people. */
  readonly title: string
  readonly condition: string
  readonly check: GpuCheck
  /** The worst that it is told as. */
  readonly severity: Exclude<Severity, 'info'>
  /** What is to be done; undefined: its catalogue, or the driver, says it. */
  readonly action: Action | undefined
  readonly source: string
  /** What proves it gone. */
  readonly gone: string
  /** When nobody sets another. */
  readonly mode: Mode
  /** What a container has to be given for it, beside what all need; '' for most. */
  readonly needs: string
}

/** Words that stand in the last column for these. */
const GONE: Readonly<Record<string, string>> = {
  LOOKS: '2 looks in a row find it well',
  RESET: 'none new after a proven reset, a reboot, or a person’s word',
  REPLACED: 'it is not said of the card any more, in 2 looks, or a person’s word',
}

/** number | id | condition | check | severity | action | title | source | gone */
const TABLE = `
1|driver-loaded|GPUDriverFailed|health|critical|restart-service|Driver not loaded, or not reached|/sys/module/nvidia, /proc/driver/nvidia/version, exit code of nvidia-smi|LOOKS
2|driver-mismatch|GPUDriverFailed|health|error|reboot-node|Library and kernel module are of two versions|nvidia-smi|LOOKS
3|count|GPUMissing|health|critical|reboot-node|Fewer GPUs than there were, or than PCI has|nvidia-smi, /sys/bus/pci/devices, in 2 looks|they are there in 2 looks, or a person’s word that there are fewer
4|lost|GPUMissing|health|critical|reboot-node|The driver has lost a GPU|nvidia-smi|LOOKS
5|reset-required|GPUResetRequired|health|critical||The driver says what a GPU needs|gpu_recovery_action; "[GPU requires reset]" in any field|the driver says in 2 looks, or by XID 154, that it needs nothing, or reads again what it asked in place of; the driver loaded anew, a reboot, a person’s word
6|hung|GPUHung|health|critical|reboot-node|nvidia-smi does not answer, or a process of the driver is stuck in the kernel|nvidia-smi within 10 s, 3 looks; /proc/<pid>/stat, 5 looks|2 answers, and nothing is stuck
7|xid|GPUXidError|kernel|critical||The driver tells an error by its number (XID)|the kernel’s log|as the catalogue says: a proven reset, a reboot, a person’s word
8|ecc-uncorrectable|GPUMemoryErrors|health|critical|reset-device|Uncorrectable memory errors since the driver was loaded|ecc.errors.uncorrected.volatile.total|RESET
9|ecc-correctable|GPUMemoryErrors|health|warning||Many corrected memory errors|ecc.errors.corrected.volatile.total|an hour with fewer than the limit
10|sram-threshold|GPUMemoryErrors|health|critical|replace-hardware|More errors of SRAM than a card may have|ecc.errors.uncorrected.aggregate.sram.thresholdExceeded|REPLACED
11|ecc-mode|GPUMemoryErrors|health|warning|reset-device|ECC is off on a data-centre GPU, or changes with the next reset|ecc.mode.current, ecc.mode.pending|LOOKS
12|row-remap-pending|GPURowRemap|health|error|reset-device|A row of memory is to be remapped with the next reset|remapped_rows.pending|LOOKS
13|row-remap-failure|GPURowRemap|health|critical|replace-hardware|A row of memory could not be remapped|remapped_rows.failure|REPLACED
14|row-remap-spares|GPURowRemap|health|warning|replace-hardware|Spare rows run out|remapped_rows.histogram.none, remapped_rows.uncorrectable|REPLACED
15|retired-pages|GPUMemoryErrors|health|critical|replace-hardware|Pages wait to be retired (reset), or 60 are (replace)|retired_pages.pending, retired_pages.double_bit.count|LOOKS
16|repair|GPUMemoryErrors|fabric|critical|replace-hardware|A channel or a TPC waits to be repaired (reset), or memory cannot be (replace)|nvidia-smi -q|LOOKS
17|inforom|GPUMemoryErrors|health|warning|replace-hardware|The InfoROM is corrupt|inforom.checksum_validation|REPLACED
18|temperature|GPUTemperatureHigh|health|critical|contact-support|A GPU is hot|temperature.gpu, temperature.gpu.tlimit|LOOKS
19|memory-temperature|GPUTemperatureHigh|health|warning|contact-support|The memory of a GPU is hot|temperature.memory|LOOKS
20|throttle|GPUThrottled|health|error|contact-support|Hardware slows a GPU down|clocks_event_reasons.hw_slowdown, hw_thermal_slowdown, hw_power_brake_slowdown, sw_thermal_slowdown|LOOKS
21|throttle-time|GPUThrottled|health|error|contact-support|Hardware slowed a GPU down for a part of the time|clocks_event_reasons_counters|LOOKS
22|power|GPUPowerLimited|health|error|replace-hardware|The power of a GPU cannot be read any more, or its limit is below its default|power.draw.instant, enforced.power.limit, power.default_limit|LOOKS
23|pcie-width|GPUPCIeDegraded|health|error|replace-hardware|Fewer PCIe lanes than a card can use here|pcie.link.width.current, pcie.link.width.max under load; max_link_width of its slot in sysfs|LOOKS
24|pcie-generation|GPUPCIeDegraded|health|error|replace-hardware|PCIe is slower than it could be, under load|pcie.link.gen.gpucurrent, gpumax, hostmax, max; pstate, utilization.gpu|LOOKS
25|pcie-replays|GPUPCIeDegraded|fabric|warning|replace-hardware|PCIe sends again what was not understood|nvidia-smi -q, aer_dev_correctable of sysfs|LOOKS
26|aer-fatal|GPUPCIeDegraded|kernel|critical|reboot-node|PCIe tells an error that was not corrected|the kernel’s log|a proven reset, which the load of the driver that told it is not; a reboot, a person’s word
27|nvlink-state|GPUNVLinkDown|fabric|critical|reset-device|Fewer NVLinks are up than before, or than at peers|nvidia-smi nvlink -s|LOOKS
28|nvlink-errors|GPUNVLinkDown|fabric|error|reset-device|NVLinks have errors|nvidia-smi nvlink -e|LOOKS
29|nvlink-p2p|GPUNVLinkDown|fabric|error|reset-device|Two GPUs do not reach one another|nvidia-smi topo -p2p n|LOOKS
30|fabric-state|GPUFabricFailed|fabric|critical|restart-service|A GPU has not joined the fabric|fabric.state, fabric.status|LOOKS
31|fabric-health|GPUFabricFailed|fabric|error|restart-service|The fabric says that it is degraded|fabric.health.*|LOOKS
32|fabric-manager|GPUFabricFailed|fabric|critical|restart-service|The fabric manager does not run|the unit nvidia-fabricmanager, by its cgroup where systemd cannot be asked; fabric.state of all GPUs where that never ran in this boot|2 looks in a row find it running, or a person’s word while all GPUs have joined
33|sxid|GPUXidError|kernel|critical||An NVSwitch tells an error by its number (SXid)|the kernel’s log|a reboot, a person’s word
34|persistence-mode|GPUMisconfigured|health|warning|restart-service|Persistence mode was on in this boot, and is off|persistence_mode|LOOKS
35|mig-mode|GPUMisconfigured|health|warning|reset-device|MIG changes with the next reset|mig.mode.current, mig.mode.pending|LOOKS
36|gsp-mode|GPUMisconfigured|health|warning|restart-service|GSP firmware is off where it is on by default|gsp.mode.current, gsp.mode.default|LOOKS
37|imex|GPUFabricFailed|fabric|error|restart-service|C2C or IMEX is down|c2c.mode, the unit nvidia-imex|LOOKS
38|memory-held|GPUMemoryPressure|health|error|reset-device|Memory is held by no living process|nvidia-smi --query-compute-apps and, where that has nobody, -q; memory.used, /proc/<pid>/stat|LOOKS
38|memory-use|GPUMemoryPressure|health|warning|check-application|Memory is nearly full, as in training|memory.used, memory.total|LOOKS
39|compute-mode|GPUMisconfigured|health|warning|restart-service|A GPU takes no programs|compute_mode|LOOKS
40|nccl|GPUXidError|kernel|warning|check-application|A program crashed in NCCL|the kernel’s log|not told for 10 min
41|peermem|GPUMisconfigured|kernel|warning|restart-service|nvidia-peermem finds an invalid context|the kernel’s log|not told for 10 min
42|nouveau|GPUDriverFailed|health|critical|reboot-node|The driver nouveau has a GPU|the device’s driver in sysfs|LOOKS
43|clock-drift|GPUThrottled|health|warning|contact-support|Slower than peers that are as busy, for no reason that it gives|clocks.current.sm, utilization.gpu|LOOKS
44|uniformity|GPUMisconfigured|health|warning||GPUs of data centres of one kind in this node have two versions of their VBIOS|vbios_version|LOOKS
`

/** Told and never acted on unless somebody sets it so: what training does all day, and what comparison alone shows. */
const OBSERVED: readonly string[] = ['memory-use', 'clock-drift', 'uniformity']

/** Of these; the others of the kernel's log need that. */
const NEEDS: Readonly<Record<string, string>> = {
  'fabric-manager': '`/run/dbus`; without it a manager that once ran as a service in this boot is missed, and no other',
  imex: '`/run/dbus` for the unit, C2C nothing',
  'memory-held': 'the pids of the host (`hostPID`)',
}

const CHECKS: Readonly<Record<string, GpuCheck>> = {
  health: 'gpu-health-check',
  kernel: 'gpu-kernel-log',
  fabric: 'gpu-fabric-check',
}

function numbered(line: string): NumberedCheck {
  const [number = '', id = '', condition = '', check = '', severity = '', action = '', ...words] = line.split('|')
  const [title = '', source = '', gone = ''] = words
  return {
    number: Number(number),
    id,
    title,
    condition,
    check: CHECKS[check] as GpuCheck,
    severity: severity as NumberedCheck['severity'],
    action: action === '' ? undefined : (action as Action),
    source,
    gone: GONE[gone] ?? gone,
    mode: OBSERVED.includes(id) ? 'observe' : 'act',
    needs: NEEDS[id] ?? (check === 'kernel' ? 'root with SYSLOG, or `/dev/kmsg`' : ''),
  }
}

/** Every numbered check, by number. */
export const NUMBERS: readonly NumberedCheck[] = TABLE.trim().split('\n').map(numbered)

/** What of the catalogue is not looked at here, and why. */
export const DROPPED: readonly { readonly number: number; readonly what: string; readonly why: string }[] = [
  {
    number: 44,
    what: 'versions of driver and VBIOS over a fleet',
    why: 'a monitor knows its node; nodes are not compared',
  },
  { number: 45, what: 'network cards beside the GPUs', why: 'network-links watches links of hardware' },
]

/** Those of one check. */
export function numbersOf(check: GpuCheck): readonly NumberedCheck[] {
  return NUMBERS.filter((one) => one.check === check)
}
