namespace StreamScoring.Decisions;

/// <summary>What decisions name of the model that gave their score.</summary>
/// <param name="Version"><c>sha256:</c> and 64 hexadecimal digits.</param>
/// <param name="Role">As decisions name it.</param>
internal sealed record ModelStamp(string Name, string Version, string Engine, string Role);
