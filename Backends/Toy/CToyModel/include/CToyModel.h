#ifndef CTOYMODEL_H
#define CTOYMODEL_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// The default model, compiled into the binary: files of a Hugging Face folder, as they lie in `toy/`.
extern const void *const toy_model_config;
extern const size_t toy_model_config_size;
extern const void *const toy_model_tokenizer;
extern const size_t toy_model_tokenizer_size;
extern const void *const toy_model_weights;
extern const size_t toy_model_weights_size;

#pragma clang assume_nonnull end

#endif
