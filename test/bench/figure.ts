/** What a benchmark says: each figure beside its budget and beside what ran next to it. */
import { appendFileSync } from 'node:fs'

/** Limits of a figure. Ratios are against `comparedWith`, since machines are noisy and a neighbour in the same run is not. */
export interface Budget {
  readonly max?: number
  readonly min?: number
  readonly maxRatio?: number
  readonly minRatio?: number
}

export interface Figure {
  /** "report to page, p99" */
  readonly name: string
  /** A median of at least five runs, or a percentile of many samples. */
  readonly value: number
  /** "ms", "MiB", "/s", "millicores" */
  readonly unit: string
  /** Absent: a figure for information, always inside. */
  readonly budget?: Budget
  /** What ran beside it in the same process or the same minute, in the same unit. */
  readonly comparedWith?: { readonly name: string; readonly value: number }
}

/** The file that `make bench` collects figures from; without it they are only printed. */
export const FIGURES_FILE = 'NODE_DOCTOR_FIGURES'

function ratio(figure: Figure): number | undefined {
  return figure.comparedWith && figure.value / figure.comparedWith.value
}

/** Whether a figure keeps its budget. A ratio without anything to compare with is outside. */
export function isInside(figure: Figure): boolean {
  const { value, budget = {} } = figure
  const times = ratio(figure) ?? Number.NaN
  return [
    budget.max === undefined || value <= budget.max,
    budget.min === undefined || value >= budget.min,
    budget.maxRatio === undefined || times <= budget.maxRatio,
    budget.minRatio === undefined || times >= budget.minRatio,
  ].every(Boolean)
}

function renderNumber(value: number): string {
  const digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 1 : 3
  return value.toLocaleString('en-US', { maximumFractionDigits: digits })
}

function renderBudget({ unit, budget = {}, comparedWith }: Figure): string {
  const limits = [
    budget.max === undefined ? '' : `≤ ${renderNumber(budget.max)} ${unit}`,
    budget.min === undefined ? '' : `≥ ${renderNumber(budget.min)} ${unit}`,
    budget.maxRatio === undefined ? '' : `≤ ${budget.maxRatio} × ${comparedWith?.name ?? 'nothing'}`,
    budget.minRatio === undefined ? '' : `≥ ${budget.minRatio} × ${comparedWith?.name ?? 'nothing'}`,
  ].filter((text) => text !== '')
  return limits.length === 0 ? 'no budget' : `budget ${limits.join(', ')}`
}

/** "inside   report to page, p99   41.2 ms   budget ≤ 100 ms   raw echo beside it 0.3 ms (× 137)" */
export function renderFigure(figure: Figure): string {
  const { name, value, unit, budget, comparedWith } = figure
  const times = ratio(figure)
  const verdict = budget === undefined ? 'figure ' : isInside(figure) ? 'inside ' : 'OUTSIDE'
  const beside =
    comparedWith && times !== undefined
      ? `   ${comparedWith.name} beside it ${renderNumber(comparedWith.value)} ${unit} (× ${renderNumber(times)})`
      : ''
  return `${verdict}  ${name.padEnd(48)} ${`${renderNumber(value)} ${unit}`.padStart(16)}   ${renderBudget(figure)}${beside}`
}

/** Prints a figure, and hands it to `make bench` when that is who runs the benchmark. */
export function reportFigure(figure: Figure): void {
  process.stdout.write(`${renderFigure(figure)}\n`)
  const file = process.env[FIGURES_FILE]
  if (file) appendFileSync(file, `${JSON.stringify({ ...figure, inside: isInside(figure) })}\n`)
}
