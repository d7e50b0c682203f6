namespace StreamScoring.Deployment.Registry;

/// <summary>A version of a model that was published, as the control log has it.</summary>
/// <param name="Files">Hash of all files of its folder
/// (<see cref="ModelRegistry.FilesHashOf"/>).</param>
/// <param name="Bytes">Of the archive that its records hold.</param>
/// <param name="Offset">Of the first of its records in the topic of models; a mirrored topic has
/// others.</param>
public sealed record PublishedVersion(ModelReference Model, string Files, long Bytes, long Offset);
