/** The monitor of NVIDIA GPUs. One line for each check. */
import { defineMonitor } from '#monitor-kit'
import { gpuFabric } from './checks/gpu-fabric-check/check.ts'
import { gpuHealth } from './checks/gpu-health-check/check.ts'
import { gpuKernelLog } from './checks/gpu-kernel-log/check.ts'
import { GPU_FLAGS } from './flags.ts'
import { createGpuShared } from './shared.ts'

export const gpu = defineMonitor({
  name: 'gpu',
  description: 'NVIDIA GPUs: driver, memory, heat, clocks, power, PCIe, and what the kernel says of them',
  checks: [gpuFabric, gpuHealth, gpuKernelLog],
  shared: createGpuShared,
  flags: GPU_FLAGS,
})
