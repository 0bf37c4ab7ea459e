/** One line on what the GPUs do, for a log. Pure. */
import { type GpuRow, numberIn } from '../../smi/rows.ts'

function round(value: number | undefined): string {
  return value === undefined ? 'unknown' : String(Math.round(value))
}

/** Of one GPU: "temp=25°C, memory=0/46068MB (0.0%), power=21W". */
export function statsOf(row: GpuRow): string {
  const [used, total] = [numberIn(row, 'memory.used'), numberIn(row, 'memory.total')]
  const share = used === undefined || total === undefined || total === 0 ? 'unknown' : ((used / total) * 100).toFixed(1)
  const memory = `${round(used)}/${round(total)}MB (${share}%)`
  return `temp=${round(numberIn(row, 'temperature.gpu'))}°C, memory=${memory}, power=${round(numberIn(row, 'power.draw.instant'))}W`
}
