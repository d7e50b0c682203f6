namespace StreamScoring.Training.Fitting;

/// <summary>Says what each input adds to a row's log-odds, against the mean of training.</summary>
/// <param name="row">[inputs]</param>
/// <param name="contributions">[inputs] Filled.</param>
internal delegate void Contribute(ReadOnlySpan<float> row, Span<double> contributions);
