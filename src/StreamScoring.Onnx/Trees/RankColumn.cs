namespace StreamScoring.Onnx.Trees;

/// <summary>How the ranks of a feature are found.</summary>
/// <param name="Feature">Of the trees.</param>
/// <param name="TopAt">Where the first thresholds that are looked at stand in the table of
/// all.</param>
/// <param name="TableAt">Where the feature's thresholds begin there.</param>
/// <param name="EighthOfTable">An eighth of how many of them there are, filled up to a power of
/// two.</param>
/// <param name="LastAt">Where the ranks go in which a missing value is the last; below 0 for
/// nowhere.</param>
/// <param name="FirstAt">Where those go in which it is the first; below 0 for nowhere.</param>
internal readonly record struct RankColumn(int Feature, int TopAt, int TableAt, int EighthOfTable, int LastAt, int FirstAt);
