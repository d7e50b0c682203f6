namespace StreamScoring.Deployment.Capacity;

/// <summary>
/// Where constants come from. It stands on every plan, as another machine has other constants.
/// </summary>
/// <param name="Command">What measured them.</param>
/// <param name="At">UTC, ISO 8601.</param>
/// <param name="Build">Version and commit of the program that was measured.</param>
/// <param name="LoadAverage">Before anything was measured: above 0, others were at work.</param>
/// <param name="Model">The model that was scored, and what evaluated it.</param>
public sealed record MeasuredOn(string Command, string At, string Build, string Cpu, int Cores, double MemoryGib, string Os, string Runtime, string LoadAverage, string Model);
