package io.attune.device.cuda;

/** Prints the survey, run by {@link CudaSurveyTest}. */
final class CudaSurveyProgram {
  private CudaSurveyProgram() {}

  public static void main(String[] arguments) {
    for (CudaSurvey.Line line : CudaSurvey.lines()) {
      System.err.println(line.name() + (line.present() ? " yes " : " no ") + line.text());
    }
  }
}
