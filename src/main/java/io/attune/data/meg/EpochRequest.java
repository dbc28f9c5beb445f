package io.attune.data.meg;

import io.attune.rsa.Shrinkage;
import io.attune.tensor.DType;
import java.nio.file.Path;
import java.util.List;

/**
 * What RDMs to compute from which epochs.
 *
 * @param file HDF5 or {@code .npy}, [trials, channels, samples]
 * @param dataset of an HDF5 file; null chooses
 * @param conditions file with a label for each trial; null reads the dataset {@code conditions}
 * @param sessions the same of sessions
 * @param names conditions in the order of the RDM's rows; empty takes all
 * @param dtype F32 or F64
 * @param out {@code .npy}, {@code .h5} or {@code .hdf5}, [samples, n, n]
 */
public record EpochRequest(
    Path file,
    String dataset,
    Path conditions,
    Path sessions,
    List<String> names,
    EpochMeasure measure,
    Shrinkage shrinkage,
    DType dtype,
    Path out) {
  public EpochRequest {
    names = List.copyOf(names);
  }
}
