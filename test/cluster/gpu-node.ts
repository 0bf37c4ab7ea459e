/** A node to which GPUs are played: on PCI, their driver loaded, nvidia-smi brought into containers by a runtime `nvidia`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../compose/exec.ts'
import { onNode, tryOnNode } from './hooks.ts'

const FOLDER = '/opt/nvidia-fake'

/** What a GPU is called, and where the driver has it: as test/fakes/nvidia-smi counts them. */
export interface PlayedGpu {
  readonly entity: string
  readonly subject: string
  /** "0000:9b:00" */
  readonly place: string
}

export function playedGpu(index: number): PlayedGpu {
  const bus = (0x83 + index * 8) % 256
  return {
    entity: `gpu:GPU-3f0a51c${index % 10}-7b2e-4d19-a6c8-${String(index).padStart(12, '0')}`,
    subject: `GPU ${index}, H200`,
    place: `0000:${bus.toString(16).padStart(2, '0')}:00`,
  }
}

/** From now on the node has eight; it needs containerd under systemd with its configuration where it usually is. */
export function giveGpus(node: string): void {
  const made = mkdtempSync(join(tmpdir(), 'nd-gpu-node-'))
  try {
    run(['sh', 'test/fakes/nvidia-smi/make.sh', made, 'h200x8', 'idle'])
    run(['sh', '-c', `cp test/cluster/gpu-node/*.sh "${made}"`])
    const packed = run(['sh', '-c', `tar c -C "${made}" . | gzip -9 | base64 -w0`])
    onNode(node, `mkdir -p ${FOLDER} && echo '${packed}' | base64 -d | tar xz -C ${FOLDER} && sh ${FOLDER}/setup.sh`)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

/** Takes them off again. */
export function takeGpus(node: string): void {
  tryOnNode(node, `sh ${FOLDER}/takedown.sh`)
}

/** What nvidia-smi says there from now on: a state of test/fakes/nvidia-smi. */
export function play(node: string, state: string): void {
  onNode(node, `echo ${state} > ${FOLDER}/state`)
}

/** While the driver is broken the runtime of NVIDIA makes no container. */
export function breakRuntime(node: string, isBroken: boolean): void {
  onNode(node, isBroken ? `touch ${FOLDER}/broken` : `rm -f ${FOLDER}/broken`)
}
