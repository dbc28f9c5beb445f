// cuDNN's softmax and convolution on host memory, as far as this project calls them, in float32.
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { SUCCESS = 0, BAD_PARAM = 2000, FLOAT = 0, NCHW = 0 };

typedef struct { int type, n[4]; } Shape;
typedef struct { int stride[2], mode, math; } Stride;
typedef struct { int algorithm, status; float time; size_t memory; int determinism, math, reserved[3]; } Choice;

static void* const HANDLE = (void*)0x4321;

size_t cudnnGetVersion(void) { return 91002; }
const char* cudnnGetErrorString(int status) { return status == BAD_PARAM ? "CUDNN_STATUS_BAD_PARAM" : "other"; }
int cudnnCreate(void** handle) { return *handle = HANDLE, SUCCESS; }
int cudnnDestroy(void* handle) { return handle == HANDLE ? SUCCESS : BAD_PARAM; }
int cudnnSetStream(void* handle, void* stream) { return stream ? SUCCESS : BAD_PARAM; }

int cudnnCreateTensorDescriptor(Shape** made) { return *made = calloc(1, sizeof(Shape)), SUCCESS; }
int cudnnDestroyTensorDescriptor(Shape* shape) { return free(shape), SUCCESS; }
int cudnnCreateFilterDescriptor(Shape** made) { return cudnnCreateTensorDescriptor(made); }
int cudnnDestroyFilterDescriptor(Shape* shape) { return free(shape), SUCCESS; }
int cudnnSetTensor4dDescriptor(Shape* shape, int format, int type, int n, int c, int h, int w) {
  *shape = (Shape){type, {n, c, h, w}};
  return format == NCHW && type == FLOAT ? SUCCESS : BAD_PARAM;
}
int cudnnSetFilter4dDescriptor(Shape* shape, int type, int format, int k, int c, int h, int w) {
  return cudnnSetTensor4dDescriptor(shape, format, type, k, c, h, w);
}
int cudnnCreateConvolutionDescriptor(Stride** made) { return *made = calloc(1, sizeof(Stride)), SUCCESS; }
int cudnnDestroyConvolutionDescriptor(Stride* stride) { return free(stride), SUCCESS; }
int cudnnSetConvolution2dDescriptor(Stride* s, int pad_h, int pad_w, int u, int v, int dilation_h, int dilation_w,
                                    int mode, int compute) {
  *s = (Stride){{u, v}, mode, -1};
  return pad_h || pad_w || dilation_h != 1 || dilation_w != 1 || mode != 1 || compute != FLOAT ? BAD_PARAM : SUCCESS;
}
int cudnnSetConvolutionMathType(Stride* s, int math) { return s->math = math, SUCCESS; }
int cudnnGetConvolutionForwardAlgorithm_v7(void* handle, Shape* x, Shape* w, Stride* s, Shape* y, int wanted,
                                           int* found, Choice* choices) {
  choices[0] = (Choice){0, 9};  // one that does not serve, then one that does
  choices[1] = (Choice){6, SUCCESS, 1.0f, 4096};
  return *found = 2, wanted >= 2 && s->math == 3 ? SUCCESS : BAD_PARAM;
}
int cudnnConvolutionForward(void* handle, float* alpha, Shape* xs, float* x, Shape* ws, float* w, Stride* s,
                            int algorithm, void* space, size_t bytes, float* beta, Shape* ys, float* y) {
  int C = xs->n[1], H = xs->n[2], W = xs->n[3], K = ws->n[0], p = ws->n[2];
  if (algorithm != 6 || !space || bytes != 4096 || *alpha != 1 || *beta != 0 || s->stride[0] != p) return BAD_PARAM;
  if (ys->n[1] != K || ys->n[2] != H / p || ys->n[3] != W / p || ws->n[1] != C) return BAD_PARAM;
  for (int b = 0; b < xs->n[0]; b++)
    for (int k = 0; k < K; k++)
      for (int i = 0; i < H / p; i++)
        for (int j = 0; j < W / p; j++) {
          double sum = 0;
          for (int c = 0; c < C; c++)
            for (int u = 0; u < p; u++)
              for (int v = 0; v < p; v++)
                sum += (double)x[((b * C + c) * H + i * p + u) * W + j * p + v] * w[((k * C + c) * p + u) * p + v];
          y[((b * K + k) * (H / p) + i) * (W / p) + j] = sum;
        }
  return SUCCESS;
}
int cudnnSoftmaxForward(void* handle, int algorithm, int mode, float* alpha, Shape* xs, float* x, float* beta,
                        Shape* ys, float* y) {
  int rows = xs->n[0], columns = xs->n[1];
  if (algorithm != 1 || mode != 0 || *alpha != 1 || *beta != 0 || xs->n[2] != 1 || xs->n[3] != 1) return BAD_PARAM;
  for (int r = 0; r < rows; r++) {
    double sum = 0;
    for (int c = 0; c < columns; c++) sum += exp(x[r * columns + c]);
    for (int c = 0; c < columns; c++) y[r * columns + c] = exp(x[r * columns + c]) / sum;
  }
  return SUCCESS;
}
