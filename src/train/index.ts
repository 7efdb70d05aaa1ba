/** Training: trainers, optimizers, schedules, the loop over epochs, progress. */
export { fit } from "./fit.ts";
export type { Best, Examples, FitEvent, FitOptions, FitResult, Validate } from "./fit-options.ts";
export { type Interrupt, watchInterrupt } from "./interrupt.ts";
export type { NamedArrays, OptimizerSettings } from "./optimizers.ts";
export { planTraining } from "./plan-training.ts";
export { createProgress, type Progress, type ProgressStyle } from "./progress.ts";
export type { ScheduleSettings } from "./schedules.ts";
export { startTrainer } from "./start-trainer.ts";
export { type CompiledStep, compileStep, openStep, type Step, type Tensors } from "./step.ts";
export {
  createTrainer,
  type MicroBatch,
  type StepResult,
  type Trainer,
  type TrainerSettings,
  type TrainerState,
  type TrainerSteps,
  type Weights,
} from "./trainer.ts";
export { showTraining } from "./training-progress.ts";
export { type TuneOptions, tune } from "./tune.ts";
export { type DistillOptions, distill } from "./tune-distill.ts";
export {
  type DeltaScore,
  type TriedThresholds,
  type TunedThresholds,
  type TuneThresholdsOptions,
  tuneThresholds,
} from "./tune-thresholds.ts";
export { averageOver } from "./validation.ts";
export type { TrainerPlan } from "./worker-protocol.ts";
