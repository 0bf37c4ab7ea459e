/** What node-problem-detector says of problems, whichever of its monitors finds them. Pure. */
export { changeText } from './change-text.ts'
export { createProblemMetrics, PROBLEM_METRICS, type ProblemMetrics, type ProblemRule } from './problem-metrics.ts'
