"""Cases in which frameworks have gone wrong, mostly in silence, and the tests that hold minigrad to better.

The letter is the part of the framework: A the engine, B the numerics of ops, C indexing, shapes, dtypes, D layers and
losses, E optimizers and schedules, F files, G the command line and data, H the gradient checker, I threads and
processes, J memory and depth.
"""

CASES = {
    "A01": ["engine/test_backward.py::test_both_ways_of_a_diamond_are_added_before_the_gradient_goes_on"],
    "A03": [
        "engine/test_backward.py::test_one_tensor_on_both_sides_gets_the_gradient_of_both",
        "engine/test_backward.py::test_a_vector_times_itself_has_the_gradient_two_v",
    ],
    "A05": ["engine/test_backward.py::test_a_second_backward_adds_exactly_once_more"],
    "A07": [
        "engine/test_backward.py::test_backward_of_several_elements_without_a_gradient_says_what_to_write",
        "engine/test_backward.py::test_a_gradient_of_the_wrong_shape_is_refused_with_both_shapes",
    ],
    "A09": ["engine/test_backward.py::test_backward_where_nothing_requires_grad_says_so"],
    "A10": [
        "engine/test_replaced_data.py::test_a_leaf_that_requires_grad_cannot_be_changed_in_place_on_the_tape",
        "engine/test_replaced_data.py::test_under_no_grad_a_leaf_is_changed_in_place_and_stays_the_same_object",
        "engine/test_replaced_data.py::test_an_update_in_place_makes_the_old_graph_stale",
    ],
    "A11": ["engine/test_replaced_data.py::test_on_the_tape_plus_equals_makes_a_new_tensor"],
    "A15": [
        "engine/test_replaced_data.py::test_a_plus_equals_of_a_view_is_seen_by_value_and_gradient_or_by_neither",
    ],
    "A17": [
        "engine/test_backward.py::test_a_formula_that_raises_leaves_every_grad_as_it_was",
        "engine/test_backward.py::test_a_formula_that_raises_is_named_with_the_line_of_its_forward",
        "engine/test_backward.py::test_ctrl_c_within_a_formula_leaves_every_grad_as_it_was",
    ],
    "A19": [
        "test_modes.py::test_an_exception_ends_every_block_it_passes",
        "test_modes.py::test_blocks_nest",
        "test_modes.py::test_it_is_a_decorator_too",
        "test_modes.py::test_one_object_may_be_entered_again_and_within_itself",
        "test_modes.py::test_a_decorated_generator_is_inside_the_block_only_while_it_runs",
    ],
    "A21": ["engine/test_tape.py::test_a_detached_middle_stops_the_gradient"],
    "A22": [
        "engine/test_backward.py::test_two_losses_of_one_leaf_add_up",
        "engine/test_backward.py::test_after_grad_is_set_to_none_only_the_next_backward_counts",
        "engine/test_tape.py::test_a_gradient_has_the_dtype_of_its_leaf",
    ],
    "A25": [
        "engine/test_backward.py::test_a_leaf_that_the_output_does_not_depend_on_keeps_grad_none",
        "optim/test_optimizer.py::test_a_parameter_without_a_gradient_is_left_alone_and_so_is_its_state",
    ],
    "A29": ["engine/test_backward.py::test_a_leaf_used_a_hundred_thousand_times_adds_every_use"],
    "A31": [
        "test_conversions.py::test_the_truth_of_several_elements_is_ambiguous_and_the_ways_out_are_named",
        "test_conversions.py::test_two_elements_are_no_number",
        "test_conversions.py::test_a_tensor_without_axes_has_no_length_and_no_elements",
    ],
    "A33": [
        "gradcheck/test_anomaly.py::test_in_the_backward_too_and_every_grad_stays_as_it_was",
        "gradcheck/test_anomaly.py::test_the_first_line_says_what_where_and_which_source_line",
    ],
    "B01": [
        "ops/test_activations.py::test_relu_has_slope_0_at_0_and_blocks_even_an_infinite_gradient",
        "ops/test_elementwise.py::test_abs_has_slope_0_at_0",
    ],
    "B02": ["ops/test_selection.py::test_clip_has_slope_1_at_its_bounds"],
    "B04": ["ops/test_selection.py::test_a_tie_is_split_evenly"],
    "B06": [
        "ops/test_reducing.py::test_ties_of_max_and_min_share_the_gradient_evenly",
        "ops/test_reducing.py::test_the_maximum_by_its_index_has_the_gradient_of_the_first_index_alone",
    ],
    "B09": ["ops/test_elementwise.py::test_at_the_edge_of_its_domain_a_slope_is_infinite_and_nobody_warns"],
    "B10": [
        "engine/test_backward.py::test_what_a_where_masks_out_of_a_singular_op_adds_zero",
        "ops/test_elementwise.py::test_where_a_singular_function_is_masked_out_its_gradient_is_exactly_zero",
        "ops/test_elementwise.py::test_where_an_overflowing_function_is_masked_out_its_gradient_is_exactly_zero",
    ],
    "B13": [
        "ops/test_linalg.py::test_the_gradient_of_a_norm_at_0_is_0",
        "ops/test_linalg.py::test_the_gradient_of_a_squared_norm_at_0_is_0",
    ],
    "B14": [
        "ops/test_reducing.py::test_std_of_equal_elements_is_0_with_gradient_0",
        "ops/test_reducing.py::test_one_element_with_correction_1_has_value_and_gradient_nan",
        "ops/test_reducing.py::test_one_element_without_correction_has_value_and_gradient_0",
    ],
    "B16": ["ops/test_reducing.py::test_prod_is_differentiated_by_the_product_rule_at_zeros"],
    "B18": [
        "ops/test_binary.py::test_a_power_is_right_at_zeros_and_negative_bases_whatever_holds_the_exponent",
        "ops/test_binary.py::test_the_exponent_of_a_negative_base_has_gradient_nan_and_leaves_the_base_alone",
    ],
    "B20": [
        "ops/test_reducing.py::test_logsumexp_of_large_numbers_is_exact",
        "ops/test_reducing.py::test_logsumexp_of_nothing_but_minus_infinity_has_gradient_0",
    ],
    "B22": [
        "ops/test_fused.py::test_softmax_of_extreme_logits_is_exact_under_strict_floating_point_errors",
        "ops/test_fused.py::test_log_softmax_of_extreme_logits_is_exact_under_strict_floating_point_errors",
    ],
    "B25": [
        "ops/test_activations.py::test_saturation_is_exact_and_raises_nothing",
        "ops/test_trigonometric.py::test_tanh_saturates_without_a_floating_point_error",
    ],
    "B26": [
        "ops/test_activations.py::test_softplus_loses_no_digit",
        "ops/test_activations.py::test_log_sigmoid_loses_no_digit",
        "ops/test_activations.py::test_at_0_the_slope_is_exact",
    ],
    "B28": [
        "ops/test_fused.py::test_binary_cross_entropy_of_extreme_logits_is_exact_under_strict_floating_point_errors",
    ],
    "B30": [
        "ops/test_binary.py::test_a_quotient_by_0_is_what_ieee_754_says_and_nobody_warns",
        "ops/test_binary.py::test_infinities_that_meet_give_nan_forward_and_ordinary_slopes_backward",
    ],
    "B33": ["ops/test_reducing.py::test_mean_of_ten_million_float32_is_right_and_so_is_its_gradient"],
    "C01": ["engine/test_shapes.py::test_each_gradient_is_summed_over_the_stretched_axes"],
    "C04": [
        "engine/test_shapes.py::test_an_element_taken_twice_gets_both_gradients",
        "ops/test_indexing.py::test_a_repeated_index_receives_every_gradient",
    ],
    "C07": [
        "engine/test_shapes.py::test_the_gradient_of_a_slice_lands_where_the_slice_was_taken",
        "engine/test_shapes.py::test_a_gradient_that_meets_an_empty_slice_is_zero",
    ],
    "C10": [
        "ops/test_indexing.py::test_an_index_out_of_range_names_index_axis_size_and_line",
        "engine/test_protocols.py::test_an_index_out_of_range_is_an_index_error",
    ],
    "C12": ["engine/test_replaced_data.py::test_elements_of_a_leaf_cannot_be_assigned_on_the_tape"],
    "C13": [
        "ops/test_shaping.py::test_the_gradient_of_a_reshaped_transpose_is_in_place",
        "engine/test_protocols.py::test_two_unknown_axes_in_a_reshape_are_refused",
        "ops/test_shaping.py::test_reshape_to_a_wrong_size_names_both_sizes_and_the_line",
    ],
    "C16": [
        "engine/test_shapes.py::test_concatenating_with_an_empty_operand_gives_it_an_empty_gradient",
        "ops/test_joining.py::test_concatenate_says_which_of_the_arrays_does_not_fit",
        "ops/test_joining.py::test_there_must_be_something_to_join",
    ],
    "C18": ["engine/test_shapes.py::test_a_matrix_product_of_any_ranks_gives_gradients_of_the_operands_shapes"],
    "C20": ["engine/test_tape.py::test_the_layout_of_an_array_changes_neither_values_nor_gradients"],
    "C22": [
        "engine/test_tape.py::test_only_floating_tensors_can_require_grad",
        "engine/test_tape.py::test_half_precision_is_a_floating_dtype_like_others",
    ],
    "C23": [
        "engine/test_tape.py::test_a_gradient_has_the_dtype_of_its_leaf",
        "engine/test_tape.py::test_float32_stays_float32_through_python_numbers",
    ],
    "C26": ["engine/test_shapes.py::test_a_tensor_without_axes_works_everywhere"],
    "C29": ["ops/test_against_torch.py::test_a_function_of_a_matrix"],
    "D01": ["nn/test_normalization.py::test_batch_norm_of_one_row_is_refused_in_training_and_works_in_evaluation"],
    "D02": ["nn/test_normalization.py::test_batch_norm_of_two_rows_worked_out_by_hand"],
    "D06": [
        "nn/test_stochastic.py::test_evaluation_passes_the_input_on_untouched_and_draws_nothing",
        "nn/test_stochastic.py::test_probability_0_passes_the_input_on",
        "nn/test_stochastic.py::test_probability_1_gives_zeros_with_zero_gradients",
        "nn/test_stochastic.py::test_probability_1_leaves_nothing_of_infinity_and_nan_either",
        "nn/test_stochastic.py::test_what_is_no_probability_is_refused_at_construction",
    ],
    "D08": [
        "nn/test_module.py::test_train_and_eval_reach_every_depth",
        "nn/test_module.py::test_evaluating_restores_the_mode_of_each_submodule_also_after_an_error",
    ],
    "D10": [
        "nn/test_gradients.py::test_the_gradient_of_an_embedding_adds_up_where_ids_repeat",
        "nn/test_layers.py::test_embedding_names_an_id_that_does_not_exist",
    ],
    "D11": [
        "nn/test_layers.py::test_linear_refuses_a_wrong_width_and_names_both",
        "nn/test_layers.py::test_a_batch_of_no_rows_gives_no_rows_and_zero_gradients",
    ],
    "D13": [
        "nn/test_module.py::test_a_tied_parameter_is_listed_once_and_its_gradient_is_the_sum_of_both_uses",
        "optim/test_optimizer.py::test_a_tied_parameter_is_moved_once_a_step",
    ],
    "D15": [
        "nn/test_classification.py::test_a_class_that_does_not_exist_is_named",
        "nn/test_classification.py::test_class_numbers_must_be_integers",
        "nn/test_classification.py::test_when_all_rows_are_ignored_the_mean_is_nan_the_sum_0_and_the_gradients_0",
    ],
    "D18": ["nn/test_losses.py::test_shapes_that_would_broadcast_are_refused_and_the_reshape_named"],
    "D20": [
        "nn/test_module.py::test_an_attribute_before_super_init_is_a_clear_error",
        "nn/test_module.py::test_of_two_children_of_one_name_the_last_wins",
        "nn/test_module.py::test_parameters_are_found_in_lists_dicts_and_tuples_in_the_order_of_definition",
        "nn/test_module.py::test_a_set_of_modules_or_parameters_is_refused_because_it_would_not_be_trained",
    ],
    "D22": ["nn/test_module.py::test_a_copy_keeps_ties_order_values_and_the_sharing_of_generators"],
    "D25": ["nn/test_module.py::test_two_evaluations_of_one_input_are_the_same_to_the_last_bit"],
    "E01": ["optim/test_first_order.py::test_momentum_of_three_equal_gradients_by_hand"],
    "E03": ["optim/test_first_order.py::test_nesterov_and_weight_decay_by_hand"],
    "E04": ["optim/test_first_order.py::test_adam_and_adamw_by_hand"],
    "E06": ["optim/test_first_order.py::test_adam_and_adamw_by_hand"],
    "E09": ["optim/test_optimizer.py::test_a_parameter_without_a_gradient_is_left_alone_and_so_is_its_state"],
    "E11": ["optim/test_optimizer.py::test_a_parameter_given_twice_is_refused_in_one_group_and_in_two"],
    "E12": [
        "optim/test_optimizer.py::test_what_is_no_list_of_parameters_is_refused",
        "optim/test_optimizer.py::test_parameters_may_come_from_a_generator_and_are_kept_for_many_steps",
    ],
    "E14": ["optim/test_optimizer.py::test_a_senseless_option_is_an_error_at_construction_that_names_it"],
    "E16": [
        "optim/test_clipping.py::test_a_gradient_that_is_not_finite_is_an_error_with_its_name_and_nothing_is_clipped"
    ],
    "E19": [
        "optim/test_clipping.py::test_without_any_gradient_the_norm_is_0",
        "optim/test_clipping.py::test_below_the_limit_the_gradients_are_bit_for_bit_as_they_were",
    ],
    "E21": [
        "training/test_nonfinite.py::test_the_trainer_stops_at_the_first_nan_with_its_step_and_takes_no_part_of_it",
        "cli/test_train.py::test_a_loss_that_explodes_stops_the_run_with_the_step_and_the_parameter",
    ],
    "E23": ["optim/test_saving.py::test_a_state_dict_is_a_snapshot_and_loading_it_shares_nothing"],
    "E25": ["optim/schedules/test_decays.py::test_staircase_exponential_and_polynomial_by_hand"],
    "E27": ["optim/schedules/test_decays.py::test_cosine_by_hand_never_climbs_again"],
    "E30": [
        "optim/schedules/test_cycles.py::test_one_cycle_of_ten_steps_by_hand",
        "optim/schedules/test_cycles.py::test_one_cycle_asked_beyond_its_end_names_the_total",
    ],
    "E32": ["optim/schedules/test_base.py::test_a_rebuilt_schedule_goes_on_from_every_step_exactly"],
    "E35": [
        "optim/schedules/test_composition.py::test_a_warm_up_of_no_steps_is_what_follows",
        "optim/schedules/test_decays.py::test_one_step_is_enough_for_a_decay_and_phases_may_be_empty",
        "optim/schedules/test_decays.py::test_a_number_of_steps_that_is_none_is_an_error",
    ],
    "E38": [
        "training/test_callbacks.py::test_early_stopping_puts_the_best_weights_back_however_training_ends",
        "training/test_callbacks.py::test_nan_is_never_the_best",
    ],
    "F01": [
        "training/test_checkpoints.py::test_every_array_comes_back_with_its_bytes_shape_and_dtype",
        "nn/test_files.py::test_a_round_trip_keeps_every_bit_shape_and_dtype",
    ],
    "F03": [
        "training/test_killing.py::test_a_file_is_whole_whenever_the_process_that_writes_it_is_killed",
        "training/test_killing.py::test_a_file_is_whole_after_each_of_1000_kills",
        "training/test_killing.py::test_killed_runs_resume_to_the_same_bytes",
    ],
    "F05": [
        "training/test_checkpoints.py::test_a_save_whose_kth_system_call_fails_leaves_one_whole_file_and_no_litter",
        "training/test_checkpoints.py::test_the_content_is_on_the_disk_before_the_name_and_the_name_before_save_returns",
    ],
    "F10": [
        "training/test_checkpoints.py::test_what_is_no_checkpoint_is_refused_by_path_and_reason",
        "training/test_checkpoints.py::test_a_missing_file_a_folder_and_bare_weights_are_refused",
        "cli/test_files.py::test_a_foreign_file_in_the_place_of_one_of_the_run_is_malformed",
        "cli/test_files.py::test_a_file_of_the_run_that_is_absent_or_a_folder_ends_with_1",
    ],
    "F11": [
        "training/test_checkpoints.py::test_a_file_cut_short_is_refused_at_every_length",
        "nn/test_files.py::test_a_truncated_file_is_refused_at_every_length",
    ],
    "F13": [
        "training/test_checkpoints.py::test_a_pickle_is_never_opened",
        "data/test_npz.py::test_a_pickle_in_the_archive_is_never_opened",
        "cli/test_files.py::test_a_pickle_in_the_place_of_weights_is_never_opened",
    ],
    "F15": [
        "training/test_checkpoints.py::test_a_header_of_any_claimed_length_is_refused_without_memory",
    ],
    "F18": [
        "data/test_npz.py::test_a_mebibyte_that_declares_a_gibibyte_is_refused_before_memory_is_taken",
        "training/test_checkpoints.py::test_a_file_that_declares_more_than_it_has_is_refused_without_memory",
    ],
    "F21": [
        "training/test_checkpoints.py::test_a_name_is_only_text_and_load_writes_nothing",
    ],
    "F22": [
        "training/test_checkpoints.py::test_a_signed_file_that_makes_no_sense_is_refused",
        "training/test_runs.py::test_a_malformed_config_is_refused_with_its_path_and_key",
    ],
    "F24": [
        "training/test_resuming.py::test_a_model_that_does_not_fit_is_told_all_differences_at_once",
        "training/test_resuming.py::test_another_trainer_refuses_the_file_and_is_left_as_it_was",
    ],
    "F27": [
        "training/test_resuming.py::test_a_run_resumed_after_any_step_ends_in_the_same_bytes",
        "training/test_killing.py::test_a_new_process_with_another_hash_seed_resumes_to_the_same_bytes",
    ],
    "F30": [
        "training/test_trainer.py::test_a_signal_during_a_save_leaves_a_whole_file",
        "cli/test_signals.py::test_a_signal_during_a_save_leaves_whole_files",
    ],
    "G01": [
        "cli/test_main.py::test_help_and_version_and_wrong_usage_load_no_command_and_no_rich",
        "cli/test_main.py::test_help_says_what_every_command_is_for_and_succeeds",
        "cli/test_main.py::test_the_version_is_that_of_the_package",
        "cli/test_main.py::test_no_arguments_are_wrong_usage_and_show_the_help",
        "cli/test_main.py::test_an_unknown_command_is_wrong_usage",
    ],
    "G02": [
        "cli/test_train.py::test_a_wrong_value_is_one_line_that_names_the_option",
        "cli/test_train.py::test_an_unknown_or_missing_data_set_lists_the_known_ones",
    ],
    "G04": [
        "cli/test_files.py::test_data_that_cannot_be_opened_ends_with_1",
        "cli/test_files.py::test_data_that_may_not_be_read_ends_with_1",
        "cli/test_files.py::test_a_table_without_rows_is_malformed",
    ],
    "G05": [
        "data/test_delimited.py::test_what_is_malformed_is_told_with_its_line_and_the_next_move",
        "data/test_own.py::test_a_cell_that_is_no_number_is_told_with_line_column_and_cell",
    ],
    "G08": [
        "data/test_delimited.py::test_the_same_table_in_another_dress_has_the_same_rows",
    ],
    "G11": [
        "data/test_delimited.py::test_what_is_malformed_is_told_with_its_line_and_the_next_move",
        "data/test_own.py::test_options_that_cannot_be_meant_are_refused",
        "data/test_own.py::test_a_header_in_the_wrong_dress_is_recognized",
    ],
    "G14": [
        "data/test_delimited.py::test_the_same_table_in_another_dress_has_the_same_rows",
        "data/test_own.py::test_a_header_in_the_wrong_dress_is_recognized",
        "data/test_own.py::test_a_cell_that_is_no_number_is_told_with_line_column_and_cell",
    ],
    "G15": [
        "data/test_batches.py::test_too_few_rows_for_one_whole_batch_is_an_error_rather_than_training_on_nothing",
        "data/test_own.py::test_a_split_that_leaves_a_part_empty_is_refused",
        "data/test_own.py::test_one_row_is_refused",
    ],
    "G17": [
        "data/test_npz.py::test_what_cannot_be_trained_on_is_refused_with_key_and_shapes",
    ],
    "G20": [
        "cli/test_signals.py::test_a_signal_ends_training_with_one_line_and_everything_written",
        "cli/test_signals.py::test_a_run_that_was_stopped_goes_on_to_the_bytes_of_one_that_was_not",
    ],
    "G23": [
        "cli/test_train.py::test_the_same_seed_prints_the_same_and_another_seed_something_else",
        "cli/test_train.py::test_the_same_seed_writes_the_same_bytes",
    ],
    "G25": [
        "cli/test_check.py::test_a_right_op_exits_with_0_and_one_line",
        "cli/test_check.py::test_a_wrong_op_exits_with_1_and_shows_element_and_both_values",
    ],
    "G29": [
        "cli/test_train.py::test_into_a_pipe_go_plain_lines_and_no_bar",
        "cli/test_check.py::test_plain_output_has_no_control_characters",
    ],
    "H01": [
        "gradcheck/test_every_op.py::test_at_ten_draws_plain_central_differences_agree_too",
        "gradcheck/test_every_op.py::test_the_gradient_is_right_at_two_orders_two_precisions_and_in_every_layout",
    ],
    "H02": [
        "gradcheck/test_check.py::test_a_wrong_gradient_is_named_with_element_both_values_and_tolerance",
        "gradcheck/test_planted_faults.py::test_a_planted_fault_is_called_wrong",
    ],
    "H05": [
        "gradcheck/test_hostile_functions.py::test_a_narrow_input_is_checked_in_float64_and_the_report_says_so",
        "gradcheck/test_hostile_functions.py::test_an_error_of_a_thousandth_is_found_in_a_float32_function",
        "gradcheck/test_traps.py::test_float32_parameters_are_checked_in_float64_and_stay_float32",
    ],
    "H07": [
        "gradcheck/test_hostile_functions.py::test_dropout_drawn_anew_in_each_call_is_nondeterministic_before_any_numbers",
        "gradcheck/test_hostile_functions.py::test_a_layer_of_dropout_is_frozen_and_the_report_says_so",
        "gradcheck/test_hostile_functions.py::test_dropout_with_a_wrong_scale_is_found_through_the_frozen_mask",
    ],
    "H10": [
        "gradcheck/test_hostile_functions.py::test_a_right_gradient_passes",
        "gradcheck/test_hostile_functions.py::test_a_wrong_one_does_not_and_every_element_is_wrong",
    ],
    "H11": [
        "gradcheck/test_check.py::test_no_inputs_at_all_is_an_error",
        "gradcheck/test_check.py::test_an_integer_input_alone_is_bad_setup_that_names_it",
        "gradcheck/test_check.py::test_an_integer_output_is_bad_setup",
        "gradcheck/test_check.py::test_no_elements_are_nothing_to_check",
    ],
    "H16": [
        "gradcheck/test_check.py::test_inputs_are_not_touched",
        "gradcheck/test_check.py::test_parameters_come_back_as_they_were",
    ],
    "H17": [
        "gradcheck/test_check.py::test_a_step_that_makes_no_sense_is_refused",
        "gradcheck/test_check.py::test_a_tolerance_that_makes_no_sense_is_refused",
    ],
    "I01": ["training/test_side_by_side.py::test_eight_threads_train_eight_models_to_the_bits_of_the_serial_runs"],
    "I02": ["test_modes.py::test_no_grad_in_one_thread_leaves_another_alone"],
    "I07": ["training/test_side_by_side.py::test_a_generator_of_its_own_gives_each_thread_a_reproducible_stream"],
    "I09": [
        "nn/test_module.py::test_a_module_sent_to_a_spawned_process_arrives_equal_with_its_ties",
        "training/test_side_by_side.py::test_a_model_and_its_optimizer_go_on_in_a_spawned_process_as_here",
    ],
    "J01": ["training/test_soak.py::test_steps_of_every_optimizer_leave_no_memory_behind"],
    "J02": ["engine/test_lifetime.py::test_the_loss_dies_at_once_and_the_leaf_stays"],
    "J05": ["engine/test_lifetime.py::test_a_chain_of_a_million_nodes_goes_forward_backward_and_away_on_a_small_stack"],
    "J08": ["engine/test_lifetime.py::test_under_no_grad_a_hundred_thousand_ops_take_no_memory"],
    "J12": ["engine/test_shapes.py::test_a_million_repeated_indices_are_added_up_in_less_than_a_second"],
}
"""Case -> the tests of it."""

NEIGHBOURS = {
    "masked arrays": ["engine/test_tape.py::test_a_masked_array_is_refused_because_its_masked_elements_would_count"],
    "subclasses of ndarray": ["engine/test_tape.py::test_a_subclass_of_ndarray_becomes_a_plain_array"],
    "results that are no numbers": [
        "engine/test_tape.py::test_an_op_that_gives_no_numbers_is_refused_rather_than_left_off_the_tape",
    ],
    "values that would be cut": ["engine/test_replaced_data.py::test_data_that_would_be_cut_to_fit_in_is_refused"],
    "assignments to a view": [
        "engine/test_replaced_data.py::"
        "test_an_assignment_that_numpy_would_send_on_to_the_viewed_array_is_refused_because_it_would_be_lost",
    ],
    "hooks that write": ["engine/test_hooks.py::test_a_hook_cannot_write_into_the_gradient_that_others_hold"],
    "a Tensor as a .grad": [
        "engine/test_backward.py::"
        "test_a_grad_that_was_set_to_a_tensor_or_another_dtype_becomes_a_plain_array_of_the_dtype_of_the_leaf",
    ],
    "a fork beside a thread": [
        "engine/test_backward.py::test_a_forked_process_goes_backward_although_a_thread_here_holds_the_lock",
    ],
    "asynchronous generators": [
        "test_modes.py::test_a_decorated_asynchronous_generator_is_inside_the_block_only_while_it_runs",
    ],
    "no share in a loss": [
        "nn/test_losses.py::test_what_has_no_share_in_a_divergence_cannot_matter_even_at_minus_infinity",
        "nn/test_classification.py::test_a_class_without_probability_cannot_matter_even_with_a_score_of_minus_infinity",
    ],
    "squares that overflow": [
        "nn/test_losses.py::test_huber_loss_of_a_huge_error_is_exact_and_squares_nothing_that_is_not_used",
        "optim/test_optimizer.py::"
        "test_a_gradient_whose_square_overflows_is_refused_for_it_would_stop_the_parameter_for_ever",
    ],
    "targets that are no probabilities": [
        "nn/test_losses.py::test_a_target_that_is_no_probability_is_refused_and_the_range_named",
    ],
    "more half precision numbers than one can count": [
        "ops/test_reducing.py::test_the_gradient_of_a_mean_of_more_half_precision_numbers_than_one_can_count_is_not_0",
    ],
    "a parameter listed twice": ["optim/test_clipping.py::test_a_tied_parameter_that_is_listed_twice_counts_once"],
    "options set in vain": [
        "optim/test_optimizer.py::test_an_option_set_on_the_optimizer_is_refused_because_it_would_change_nothing",
    ],
}
"""What was wrong without a word beside the cases -> the tests of it."""
